import type { Answer } from "./answer.ts";
import { ConnectionLost, type Until } from "./connection.ts";
import { Connections } from "./connections.ts";

export interface UpstreamRequest extends Until {
  /** `http://host:port` or `https://…`, perhaps with a path before ours. */
  baseUrl: string;
  /** With a leading slash. */
  path: string;
  headers: Readonly<Record<string, string>>;
  /** JSON. */
  body: string;
  /** How long connecting may take, where no connection is there; milliseconds. */
  connectMs: number;
}

/** More are not known at a time: each child that replaces another has a port of its own. */
const MOST_SERVERS = 32;
const servers = new Map<string, Connections>();

/**
 * POSTs to LiteLLM over connections that are kept. Not by Bun's fetch, which has no connect time-out, runs 256 requests at once
 * and queues the rest silently, wakes a thread of its own for each, and takes loopback addresses to a proxy that the
 * environment names.
 *
 * Resolves with the head of the answer. Rejects with ConnectTimeout, AnswerTimeout, ConnectionLost, ProtocolError, AbortError, or
 * the system's error where nothing listens.
 */
export async function send(request: UpstreamRequest): Promise<Answer> {
  const server = serverAt(request.baseUrl);
  const text = requestText(server, request);
  const kept = server.takeIdle();
  if (kept !== undefined) {
    try {
      return await kept.send(text, request);
    } catch (error) {
      if (!(error instanceof ConnectionLost && error.wasStale)) throw error;
    }
  }
  const opened = await server.open(request.connectMs, request.signal);
  return opened.send(text, request);
}

function requestText(
  { host, pathPrefix }: Connections,
  { path, headers, body }: UpstreamRequest,
): string {
  let head = `POST ${pathPrefix}${path} HTTP/1.1\r\nhost: ${host}\r\ncontent-type: application/json\r\n`;
  for (const name in headers) head += `${name}: ${headers[name]}\r\n`;
  return `${head}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

function serverAt(baseUrl: string): Connections {
  const known = servers.get(baseUrl);
  if (known !== undefined) return known;
  const made = new Connections(baseUrl);
  servers.set(baseUrl, made);
  if (servers.size > MOST_SERVERS) servers.delete(servers.keys().next().value!);
  return made;
}
