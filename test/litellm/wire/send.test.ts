import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { afterAll, describe, expect, test } from "vitest";
import { AnswerTimeout, ConnectionLost } from "../../../server/litellm/wire/connection.ts";
import { ConnectTimeout } from "../../../server/litellm/wire/connections.ts";
import { send, type UpstreamRequest } from "../../../server/litellm/wire/send.ts";

const servers: Server[] = [];
afterAll(() => {
  for (const server of servers) server.close();
});

/** A server that handles sockets as the test says; `asked` holds what it was asked, connections in order. */
async function serve(answer: (socket: Socket, request: string, connection: number) => void) {
  const asked: string[] = [];
  let connections = 0;
  const server = createServer((socket) => {
    const number = (connections += 1);
    let text = "";
    socket.on("error", () => {});
    socket.on("data", (bytes) => {
      text += bytes.toString();
      const [head = "", body = ""] = text.split("\r\n\r\n");
      const length = Number(/content-length: (\d+)/.exec(head)?.[1]);
      if (Buffer.byteLength(body) < length) return;
      asked.push(text);
      text = "";
      answer(socket, asked.at(-1)!, number);
    });
  });
  servers.push(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  return { url: `http://127.0.0.1:${port}`, asked, connections: () => connections };
}

const request = (baseUrl: string, more: Partial<UpstreamRequest> = {}): UpstreamRequest => ({
  baseUrl,
  path: "/v1/chat/completions",
  headers: { authorization: "Bearer sk-x" },
  body: '{"text":"grüß"}',
  connectMs: 5_000,
  ...more,
});
const ok = (text: string) =>
  `HTTP/1.1 200 OK\r\ncontent-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`;

test("a request goes out whole, and one connection carries one after the other", async () => {
  const { url, asked, connections } = await serve((socket) => socket.write(ok("schön")));
  for (let index = 0; index < 3; index += 1) {
    const answer = await send(request(`${url}/base`));
    expect([answer.status, answer.ok, await answer.text()]).toEqual([200, true, "schön"]);
  }
  expect(connections()).toBe(1);
  const host = new URL(url).host;
  expect(asked[0]).toBe(
    `POST /base/v1/chat/completions HTTP/1.1\r\nhost: ${host}\r\ncontent-type: application/json\r\n` +
      'authorization: Bearer sk-x\r\ncontent-length: 17\r\n\r\n{"text":"grüß"}',
  );
});

test("requests at the same time have a connection each", async () => {
  const held: Socket[] = [];
  const { url, connections } = await serve((socket) => {
    held.push(socket);
    if (held.length === 2) for (const one of held) one.write(ok("both"));
  });
  const answers = await Promise.all([send(request(url)), send(request(url))]);
  expect(await Promise.all(answers.map((one) => one.text()))).toEqual(["both", "both"]);
  expect(connections()).toBe(2);
});

test("a connection that the server closed in the meantime does not fail the next request", async () => {
  const { url, connections } = await serve((socket, _request, connection) => {
    // The first says nothing of closing; the request that comes next finds it closed.
    if (connection === 1 && socket.bytesWritten > 0) socket.resetAndDestroy();
    else socket.write(ok(String(connection)));
  });
  expect(await (await send(request(url))).text()).toBe("1");
  expect(await (await send(request(url))).text()).toBe("2");
  expect(connections()).toBe(2);
});

test("a request that a new connection loses is not sent twice", async () => {
  const { url, asked } = await serve((socket) => socket.resetAndDestroy());
  await expect(send(request(url))).rejects.toThrow(ConnectionLost);
  expect(asked).toHaveLength(1);
});

test("an answer that breaks off is no whole one", async () => {
  const { url } = await serve((socket) =>
    socket.end("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf"),
  );
  const answer = await send(request(url));
  await expect(answer.text()).rejects.toThrow(ConnectionLost);
});

test("a server that never shakes hands is given up after the connect time-out", async () => {
  const { url } = await serve(() => {});
  const secure = url.replace("http:", "https:");
  await expect(send(request(secure, { connectMs: 30 }))).rejects.toThrow(ConnectTimeout);
});

test("where nothing listens, the system's error says so", async () => {
  const { url } = await serve(() => {});
  const server = servers.pop()!;
  server.close();
  await once(server, "close");
  await expect(send(request(url))).rejects.toMatchObject({ code: "ECONNREFUSED" });
});

test("an answer that is not whole in time is given up", async () => {
  const silent = await serve(() => {});
  await expect(send(request(silent.url, { totalMs: 20 }))).rejects.toThrow(AnswerTimeout);
  const half = await serve((socket) =>
    socket.write("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf"),
  );
  // Time enough for the head on a machine that stands still for a moment.
  const answer = await send(request(half.url, { totalMs: 1_000 }));
  await expect(answer.text()).rejects.toThrow(AnswerTimeout);
});

describe("who asks can give up", () => {
  test("before the head", async () => {
    const abort = new AbortController();
    const closed: Promise<unknown>[] = [];
    const { url } = await serve((socket) => {
      closed.push(once(socket, "close"));
      abort.abort();
    });
    await expect(send(request(url, { signal: abort.signal }))).rejects.toMatchObject({
      name: "AbortError",
    });
    await Promise.all(closed);
    await expect(send(request(url, { signal: abort.signal }))).rejects.toMatchObject({
      name: "AbortError",
    });
  });

  test("in the middle of the body, by signal or by cancel", async () => {
    const closed: Promise<unknown>[] = [];
    const { url } = await serve((socket) => {
      closed.push(once(socket, "close"));
      socket.write("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n");
    });
    const abort = new AbortController();
    const first = await send(request(url, { signal: abort.signal }));
    expect(Buffer.from((await first.next())!).toString()).toBe("hello");
    const rest = first.next();
    abort.abort();
    await expect(rest).rejects.toMatchObject({ name: "AbortError" });
    const second = await send(request(url));
    second.cancel();
    await Promise.all(closed);
  });
});

test("who reads slowly slows the server", async () => {
  const size = 64 * 1024 * 1024;
  let server: Socket | undefined;
  const { url } = await serve((socket) => {
    server = socket;
    socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${size}\r\n\r\n`);
    socket.write(Buffer.alloc(size));
  });
  const answer = await send(request(url));
  let received = (await answer.next())!.length;
  // A write that the system's buffers took whole would have emptied the server's own.
  expect(server!.writableLength).toBeGreaterThan(size / 4);
  for (;;) {
    const bytes = await answer.next();
    if (bytes === undefined) break;
    received += bytes.length;
  }
  expect(received).toBe(size);
});
