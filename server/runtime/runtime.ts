import type { Database } from "../../db/client.ts";

/**
 * What only one JavaScript runtime offers, behind one interface. `bun.ts` is the product, `deno.ts` starts the same
 * server from source, `node.ts` exists for tests. Nothing outside this folder names `Bun` or `Deno`.
 */
export interface Runtime {
  readonly name: "bun" | "deno" | "node";
  /** Listens on host and port (0 = a free one). Rejects with the system's error (`code: "EADDRINUSE"` …). */
  serve(options: ServeOptions): Promise<HttpServer>;
  /** Opens a pool on a PostgreSQL URL; connects lazily. */
  openDatabase(options: DatabaseOptions): Database;
  /** The files packed into the executable; from source, the same files on disk. */
  readonly assets: Assets;
  /** The command that starts this program again, to which arguments are appended. */
  readonly self: readonly string[];
}

export interface ServeOptions {
  host: string;
  port: number;
  fetch: (request: Request, peer: Peer) => Response | Promise<Response>;
  /** Largest request body in bytes; more is answered 413 by the app, which reads the limit itself. */
  maxBodyBytes: number;
  /**
   * A connection is closed when it carries nothing for so long: between two requests, or while an answer is sent. Not while the
   * app makes the answer, from the reading of the body on. A stream has to say something in less. Absent = never.
   */
  idleSeconds?: number;
}

export interface Peer {
  /** The address of the other end of the connection; to be had while the request is not answered. */
  readonly address: string;
}

export interface HttpServer {
  readonly port: number;
  /** Stops accepting; resolves when every request has ended or the deadline has passed. Twice is fine. */
  stop(deadlineMs: number): Promise<void>;
}

export interface DatabaseOptions {
  /** `postgres://user:password@host:port/name`, or with `?host=/socket/folder`. */
  url: string;
  /** Largest number of connections. */
  connections: number;
  /** PostgreSQL's settings of each connection by name; the server's own when absent. */
  session?: Readonly<Record<string, string>>;
}

/**
 * Names: `ui/index.html`, `ui/assets/…`, `swagger/swagger-ui.css`, `migrations/0000_….sql`, `migrations/meta/_journal.json`,
 * `litellm/requirements.lock`, `litellm/pip-….whl`, `litellm/saas_litellm_….py`, `postgres/postgres.tar.zst`,
 * `tokenizer/o200k_base.tiktoken`.
 */
export interface Assets {
  /** The file's bytes, or undefined when this build has none of that name. */
  read(name: string): Promise<Uint8Array | undefined>;
  /** Names that begin with a prefix, sorted. */
  list(prefix: string): readonly string[];
}
