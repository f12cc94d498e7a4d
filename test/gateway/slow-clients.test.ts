import { connect } from "node:net";
import { afterAll, expect, test } from "vitest";
import type { Upstream } from "../../server/litellm/upstream.ts";
import { seedModel, seedTeam, teamApi, testApp, testRuntime, until } from "../harness.ts";

/** Clients that open a stream and then read nothing, over real connections to a model that never stops. */

const { context, database, gateway, runtime, beforeEnd } = await testApp();
const pieceBytes = 256 * 1024;
const frame = new TextEncoder().encode(
  `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: "x".repeat(pieceBytes) }, finish_reason: null }] })}\n\n`,
);
let taken = 0;
let left = 0;

const endless = await runtime.serve({
  ...{ host: "127.0.0.1", port: 0, maxBodyBytes: 1_000_000 },
  fetch: () => {
    const body = new ReadableStream<Uint8Array>(
      {
        async pull(controller) {
          // Lets everybody else come to their turn.
          await new Promise((resolve) => setImmediate(resolve));
          taken += 1;
          controller.enqueue(frame);
        },
        cancel: () => void (left += 1),
      },
      { highWaterMark: 0 },
    );
    return new Response(body, { headers: { "content-type": "text/event-stream" } });
  },
});
const lease = { baseUrl: `http://127.0.0.1:${endless.port}`, headers: {}, model: "x" };
const upstream = { acquire: () => Promise.resolve({ ...lease, release: () => {} }) };
await seedModel(context, gateway.upstream, { alias: "endless", timeouts: { idle: 250 } });
const team = await seedTeam(context, { credits: 1_000 });

/** The team API over that model, on a port. */
async function serving(streamStallMs: number) {
  const app = teamApi(context, {
    ...{ runtime, streamStallMs, streamCommentMs: 25 },
    gateway: { ...gateway, upstream: upstream as unknown as Upstream },
  });
  const server = await (
    await testRuntime()
  ).serve({ host: "127.0.0.1", port: 0, maxBodyBytes: 1_000_000, fetch: app.handle });
  beforeEnd(async () => {
    await server.stop(0);
    await app.stop();
  });
  return { ...app, port: server.port };
}
afterAll(() => endless.stop(0));

/** Asks for a stream, over a connection of which nothing is read until `resume`. */
function ask(port: number) {
  const body = JSON.stringify({
    ...{ model: "endless", stream: true, messages: [{ role: "user", content: "go on" }] },
  });
  const socket = connect({ port, host: "127.0.0.1" });
  socket.on("error", () => {});
  // Bun's sockets give nothing to a `resume` without a listener.
  socket.pause().on("data", () => {});
  const head = ["POST /v1/chat/completions HTTP/1.1", "host: localhost"];
  const headers = ["content-type: application/json", `authorization: Bearer ${team.key}`];
  socket.write(
    `${[...head, ...headers, `content-length: ${body.length}`].join("\r\n")}\r\n\r\n${body}`,
  );
  return socket;
}

const lastCall = async () =>
  (
    await database.query<{ status: string; error_code: string | null; output_tokens: number }>(
      "select status, error_code, output_tokens from llm_calls order by id desc limit 1",
    )
  )[0]!;

test("a client that reads nothing slows the model, is cut off, and pays for what was taken", async () => {
  taken = 0;
  const { calls, port } = await serving(1_000);
  const socket = ask(port);
  await until("the call runs", () => calls.inFlight === 1);
  await until("the client is given up", () => calls.inFlight === 0);
  await until("the model was told", () => left === 1);
  // What the system's buffers hold, and no more: nothing was piled up.
  expect(taken * pieceBytes).toBeLessThan(64 * 1024 * 1024);
  expect(await lastCall()).toMatchObject({ status: "aborted", error_code: "client_left" });
  const tokens = (await lastCall()).output_tokens;
  expect(tokens).toBeGreaterThan(pieceBytes / 4);
  expect(tokens).toBeLessThanOrEqual((taken * pieceBytes) / 4);
  const closed = new Promise((resolve) => socket.once("close", resolve));
  socket.resume();
  await closed;
});

test("one that only pauses is not cut off, and the model is not blamed for its pause", async () => {
  const { calls, port } = await serving(60_000);
  const socket = ask(port);
  let still = 0;
  let before = -1;
  // Longer than the model may be silent.
  await until("nothing is taken any more", () => {
    still = taken === before ? still + 1 : 0;
    before = taken;
    return still > 40;
  });
  expect(calls.inFlight).toBe(1);
  const paused = taken;
  socket.resume();
  await until("the stream goes on", () => taken > paused + 40);
  socket.destroy();
  await until("the call has ended", () => calls.inFlight === 0);
  expect(await lastCall()).toMatchObject({ status: "aborted", error_code: "client_left" });
});
