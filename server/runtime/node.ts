import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { Readable } from "node:stream";
import { openPostgresJs } from "./postgres-js.ts";
import type { HttpServer, Runtime, ServeOptions } from "./runtime.ts";
import { sourceAssets } from "./source-assets.ts";

const root = join(import.meta.dirname, "../..");

/** For tests only: the product runs on Bun. */
export const nodeRuntime: Runtime = {
  name: "node",
  serve,
  openDatabase: openPostgresJs,
  assets: sourceAssets(root),
  // Node 20 cannot start TypeScript: the children of a test run on the Bun that the repository pins.
  self: [join(root, "node_modules/bun/bin/bun.exe"), join(root, "server/bun.ts")],
};

async function serve(options: ServeOptions): Promise<HttpServer> {
  let stopped: Promise<void> | undefined;
  const server = createServer((incoming, outgoing) => {
    answer(options, incoming, outgoing).catch((error: unknown) => {
      outgoing.destroy(error instanceof Error ? error : undefined);
    });
    // A connection that falls idle while we stop would be kept for five seconds.
    outgoing.on("close", () => setImmediate(() => stopped && server.closeIdleConnections()));
  });
  // 0 = never.
  server.keepAliveTimeout = (options.idleSeconds ?? 0) * 1_000;
  server.listen(options.port, options.host);
  // `once` rejects when "error" comes first, with the system's code.
  await once(server, "listening");
  const stop = async (deadlineMs: number) => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeIdleConnections();
    const deadline = setTimeout(() => server.closeAllConnections(), deadlineMs);
    await closed;
    clearTimeout(deadline);
  };
  return {
    port: (server.address() as AddressInfo).port,
    stop: (deadlineMs) => (stopped ??= stop(deadlineMs)),
  };
}

async function answer(
  options: ServeOptions,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const gone = new AbortController();
  outgoing.on("close", () => {
    if (!outgoing.writableFinished) gone.abort();
  });
  const response = await options.fetch(toRequest(incoming, gone.signal), {
    address: incoming.socket.remoteAddress ?? "",
  });
  outgoing.writeHead(response.status, toHeaders(response.headers));
  outgoing.flushHeaders();
  if (response.body) await relay(response.body, outgoing, gone.signal);
  outgoing.end();
}

function toRequest(incoming: IncomingMessage, signal: AbortSignal): Request {
  const headers = new Headers();
  for (let index = 0; index < incoming.rawHeaders.length; index += 2) {
    headers.append(incoming.rawHeaders[index]!, incoming.rawHeaders[index + 1]!);
  }
  const method = incoming.method ?? "GET";
  const hasBody = method !== "GET" && method !== "HEAD";
  const body = hasBody
    ? (Readable.toWeb(incoming) as unknown as ReadableStream<Uint8Array>)
    : undefined;
  return new Request(`http://${incoming.headers.host ?? "localhost"}${incoming.url ?? "/"}`, {
    method,
    headers,
    signal,
    ...(body ? { body, duplex: "half" } : {}),
  });
}

function toHeaders(headers: Headers): Record<string, string | string[]> {
  const cookies = headers.getSetCookie();
  const plain = Object.fromEntries(headers);
  return cookies.length > 0 ? { ...plain, "set-cookie": cookies } : plain;
}

/** Copies the body with back-pressure; a client that leaves cancels it. */
async function relay(
  body: ReadableStream<Uint8Array>,
  outgoing: ServerResponse,
  gone: AbortSignal,
): Promise<void> {
  const reader = body.getReader();
  const cancel = () => void reader.cancel().catch(() => {});
  gone.addEventListener("abort", cancel);
  if (gone.aborted) cancel();
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    if (!outgoing.write(part.value)) await once(outgoing, "drain", { signal: gone });
  }
}
