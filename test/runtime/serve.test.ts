import { request as httpRequest } from "node:http";
import { connect } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import type { HttpServer, ServeOptions } from "../../server/runtime/runtime.ts";
import { testRuntime } from "../harness/runtime.ts";

const runtime = await testRuntime();
const servers: HttpServer[] = [];

async function serve(
  fetch: ServeOptions["fetch"],
  limits: Pick<ServeOptions, "idleSeconds"> & { maxBodyBytes?: number } = {},
) {
  const server = await runtime.serve({
    ...{ host: "127.0.0.1", port: 0, fetch, maxBodyBytes: 1_000_000 },
    ...limits,
  });
  servers.push(server);
  return { server, url: `http://127.0.0.1:${server.port}` };
}

/** A promise to be resolved by an event, as a signal between server and test. */
function signal<T = void>() {
  let fire: (value: T) => void = () => {};
  const fired = new Promise<T>((resolve) => (fire = resolve));
  return { fire, fired };
}

const encode = (text: string) => new TextEncoder().encode(text);

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop(0)));
});

describe("a server", () => {
  it("passes on method, path, headers, body and the peer's address", async () => {
    const { url } = await serve(async (request, peer) =>
      Response.json(
        {
          method: request.method,
          path: new URL(request.url).pathname + new URL(request.url).search,
          header: request.headers.get("x-sent"),
          body: await request.text(),
          peer: peer.address,
        },
        { status: 201, headers: { "x-answer": "yes" } },
      ),
    );
    const answer = await fetch(`${url}/a/b?c=d`, {
      method: "POST",
      headers: { "x-sent": "1" },
      body: "ä".repeat(100_000),
    });
    expect(answer.status).toBe(201);
    expect(answer.headers.get("x-answer")).toBe("yes");
    expect(await answer.json()).toEqual({
      method: "POST",
      path: "/a/b?c=d",
      header: "1",
      body: "ä".repeat(100_000),
      peer: "127.0.0.1",
    });
  });

  it("sends several cookies as several headers", async () => {
    const { url } = await serve(() => {
      const headers = new Headers();
      headers.append("set-cookie", "a=1");
      headers.append("set-cookie", "b=2");
      return new Response("", { headers });
    });
    expect((await fetch(url)).headers.getSetCookie()).toEqual(["a=1", "b=2"]);
  });

  it("lets the app answer a body over the limit itself", async () => {
    const { url } = await serve(
      async (request) => {
        const size = Number(request.headers.get("content-length"));
        if (size > 1_000) return Response.json({ code: "body_too_large" }, { status: 413 });
        return new Response(String((await request.arrayBuffer()).byteLength));
      },
      { maxBodyBytes: 1_000 },
    );
    const answer = await fetch(url, { method: "POST", body: "x".repeat(3_000) });
    expect(answer.status).toBe(413);
    expect(await answer.json()).toEqual({ code: "body_too_large" });
  });

  it("refuses headers without end, and the app never sees them", async () => {
    let seen = 0;
    const { url } = await serve(() => {
      seen += 1;
      return new Response("");
    });
    const answer = await fetch(url, { headers: { "x-large": "x".repeat(20_000) } });
    expect([answer.status, seen]).toEqual([431, 0]);
    expect((await fetch(url, { headers: { "x-large": "x".repeat(8_000) } })).status).toBe(200);
  });

  it("sends each part of a stream as it is made", async () => {
    const more = signal();
    const { url } = await serve(() => {
      const body = new ReadableStream<Uint8Array>({
        async start(controller) {
          controller.enqueue(encode("first"));
          await more.fired;
          controller.enqueue(encode("second"));
          controller.close();
        },
      });
      return new Response(body, { headers: { "content-type": "text/event-stream" } });
    });
    const reader = (await fetch(url)).body!.getReader();
    expect(new TextDecoder().decode((await reader.read()).value)).toBe("first");
    more.fire();
    expect(new TextDecoder().decode((await reader.read()).value)).toBe("second");
    expect((await reader.read()).done).toBe(true);
  });

  it("aborts the request and cancels the stream when the client leaves", async () => {
    const aborted = signal();
    const cancelled = signal();
    const { url } = await serve((request) => {
      request.signal.addEventListener("abort", () => aborted.fire());
      const body = new ReadableStream<Uint8Array>({
        start: (controller) => controller.enqueue(encode("first")),
        cancel: () => cancelled.fire(),
      });
      return new Response(body);
    });
    const leave = new AbortController();
    const reader = (await fetch(url, { signal: leave.signal })).body!.getReader();
    await reader.read();
    leave.abort();
    await Promise.all([aborted.fired, cancelled.fired]);
  });

  it("aborts the request of a client that leaves before the answer", async () => {
    const arrived = signal();
    const aborted = signal();
    const { url } = await serve((request) => {
      request.signal.addEventListener("abort", () => aborted.fire());
      arrived.fire();
      return new Promise<Response>(() => {});
    });
    const leave = new AbortController();
    const answer = fetch(url, { method: "POST", body: "{}", signal: leave.signal });
    answer.catch(() => {});
    await arrived.fired;
    leave.abort();
    await aborted.fired;
  });

  it("says why it cannot listen", async () => {
    const { server } = await serve(() => new Response(""));
    const second = runtime.serve({
      host: "127.0.0.1",
      port: server.port,
      fetch: () => new Response(""),
      maxBodyBytes: 1,
    });
    await expect(second).rejects.toMatchObject({ code: "EADDRINUSE" });
  });
});

/** Bun looks every four seconds only, and then closes what has been idle for less than four, too. */
const idleSeconds = runtime.name === "bun" ? 5 : 0.2;

it("closes a connection that is idle, and none whose answer is slow or a stream", async () => {
  const idle = signal();
  // A client that is cut may try again by itself.
  let tries = 0;
  const { server, url } = await serve(
    async (request) => {
      switch (new URL(request.url).pathname) {
        case "/slow":
          tries += 1;
          await idle.fired;
          return new Response("late");
        case "/stream":
          return new Response(commentsUntil(idle.fired));
        default:
          return new Response("ok");
      }
    },
    { idleSeconds },
  );
  const slow = ["GET", "POST"].map((method) => fetch(`${url}/slow`, { method }));
  const stream = await fetch(`${url}/stream`);
  expect(await seenUntilClosed(server.port, "GET / HTTP/1.1\r\nhost: x\r\n\r\n")).toContain(
    "200 OK",
  );
  idle.fire();
  const late = await Promise.all(slow);
  expect(await Promise.all(late.map((answer) => answer.text()))).toEqual(["late", "late"]);
  expect(tries).toBe(2);
  expect(await stream.text()).toMatch(/^(: still here\n)+the end$/);
}, 15_000);

/** A stream that says something again and again, as ours do while a model is silent. */
function commentsUntil(over: Promise<void>): ReadableStream<Uint8Array> {
  return new ReadableStream({
    async start(controller) {
      const say = () => controller.enqueue(encode(": still here\n"));
      say();
      const timer = setInterval(say, idleSeconds * 250);
      await over;
      clearInterval(timer);
      controller.enqueue(encode("the end"));
      controller.close();
    },
  });
}

describe("stopping", () => {
  it("lets a running answer end whole, and takes no new connection", async () => {
    const more = signal();
    const { server, url } = await serve(() => {
      const body = new ReadableStream<Uint8Array>({
        async start(controller) {
          controller.enqueue(encode("first "));
          await more.fired;
          controller.enqueue(encode("last"));
          controller.close();
        },
      });
      return new Response(body);
    });
    const answer = await fetch(url);
    const stopped = server.stop(10_000);
    await expect(connectTo(server.port)).rejects.toMatchObject({ code: "ECONNREFUSED" });
    more.fire();
    expect(await answer.text()).toBe("first last");
    await stopped;
    await server.stop(0);
  });

  it("does not wait for a connection that is kept open without a request", async () => {
    const { server } = await serve(() => new Response("ok"));
    const ended = await keepAliveRequest(server.port);
    await server.stop(60_000);
    await ended();
  });

  it("cuts what still runs at the deadline", async () => {
    const { server, url } = await serve(
      () => new Response(new ReadableStream({ start: (c) => c.enqueue(encode("x")) })),
    );
    const answer = await fetch(url);
    await server.stop(50);
    await expect(answer.text()).rejects.toBeDefined();
  });
});

/** What comes for a text on a connection that only the server closes: a client of HTTP would do that by itself. */
function seenUntilClosed(port: number, text: string): Promise<string> {
  const socket = connect(port, "127.0.0.1", () => socket.write(text));
  let seen = "";
  return new Promise((resolve, reject) => {
    socket.on("data", (part) => (seen += part.toString()));
    socket.on("close", () => resolve(seen));
    socket.on("error", reject);
  });
}

function connectTo(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.destroy();
      resolve();
    });
    socket.on("error", reject);
  });
}

/** A whole request on a connection that stays open after it; returns a way to await its end. */
function keepAliveRequest(port: number): Promise<() => Promise<void>> {
  const closed = signal();
  return new Promise((resolve, reject) => {
    const sent = httpRequest({ port, headers: { connection: "keep-alive" } }, (answer) => {
      answer.resume().on("end", () => resolve(() => closed.fired));
    });
    sent.on("socket", (socket) => socket.on("close", () => closed.fire()));
    sent.on("error", reject);
    sent.end();
  });
}
