import { drizzle } from "drizzle-orm/postgres-js";
import postgres from "postgres";
import type { Database } from "../../db/client.ts";
import * as schema from "../../db/schema/index.ts";
import type { DatabaseOptions } from "./runtime.ts";
import { parseDatabaseUrl } from "./socket-url.ts";

type Client = postgres.Sql<{ bigint: bigint }>;

/** The pool of Deno and Node: postgres.js, giving the same rows as Bun's. */
export function openPostgresJs(options: DatabaseOptions): Database {
  const { url, socketPath } = parseDatabaseUrl(options.url);
  const open = () =>
    postgres(url, {
      ...(socketPath === undefined ? {} : { path: socketPath }),
      max: options.connections,
      connect_timeout: 10,
      onnotice: () => {},
      connection: { application_name: "saas-litellm", ...options.session },
      types: { bigint: postgres.BigInt, json },
    }) as unknown as Client;
  const pool = new ReplaceablePool(open);
  return {
    // drizzle switches off the parsers of the client that it is given: it gets a stand-in, whose options nobody reads.
    drizzle: drizzle(pool.facade as unknown as Client, { schema }),
    query: <Row extends object>(text: string, values: readonly unknown[] = []) =>
      pool.run(async (client) => {
        const rows = await client.unsafe(text, [...values] as never[], { prepare: true });
        return [...rows] as unknown as Row[];
      }),
    script: (text) =>
      pool.run(async (client) => {
        await client.unsafe(text).simple();
      }),
    close: () => pool.close(),
  };
}

/** drizzle hands over JSON that is text already; another value is made text here. */
const json = {
  to: 114,
  from: [114, 3802],
  serialize: (value: unknown) => (typeof value === "string" ? value : JSON.stringify(value)),
  parse: (text: string) => JSON.parse(text) as unknown,
};

/**
 * postgres.js 3.4.9 does not survive a restart of the server: a connection that is lost with bytes still to be written
 * throws outside any promise, or waits for ever. So a pool that lost a connection is given up as a whole: its statements fail
 * with the error they met, and the next statement opens a new pool.
 */
class ReplaceablePool {
  readonly #open: () => Client;
  #client: Client;
  /** Rejects the statements that wait on the present client. */
  #waiting = new Set<(error: unknown) => void>();
  #closed = false;

  constructor(open: () => Client) {
    this.#open = open;
    this.#client = open();
    guardProcess();
  }

  run<T>(work: (client: Client) => PromiseLike<T>): Promise<T> {
    const client = this.#client;
    const waiting = this.#waiting;
    return new Promise((resolve, reject) => {
      waiting.add(reject);
      work(client).then(
        (result) => {
          waiting.delete(reject);
          resolve(result);
        },
        (error: unknown) => {
          waiting.delete(reject);
          reject(error instanceof Error ? error : new Error(String(error)));
          if (isConnectionLost(error)) this.#replace(client, error);
        },
      );
    });
  }

  /** What drizzle uses of a client: `unsafe` (awaited, or for arrays `.values()`) and `begin`. */
  get facade() {
    const unsafe = (text: string, parameters: never[] = []) => {
      const statement = (client: Client) => client.unsafe(text, parameters, { prepare: true });
      return {
        // oxlint-disable-next-line unicorn/no-thenable -- a statement of postgres.js runs only once awaited, and so must this
        then: (resolve: (rows: unknown) => unknown, reject: (error: unknown) => unknown) =>
          this.run((client) => statement(client)).then(resolve, reject),
        values: () => this.run((client) => statement(client).values()),
      };
    };
    const begin = (work: (transaction: postgres.TransactionSql) => Promise<unknown>) =>
      this.run((client) => client.begin(work));
    return { options: { parsers: {}, serializers: {} }, unsafe, begin };
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#client.end({ timeout: 5 });
  }

  #replace(lost: Client, error: unknown): void {
    if (this.#client !== lost || this.#closed) return;
    const waiting = this.#waiting;
    this.#client = this.#open();
    this.#waiting = new Set();
    for (const reject of waiting) reject(error);
    lost.end({ timeout: 0 }).catch(() => {});
  }
}

const lostCodes = new Set([
  "CONNECTION_CLOSED",
  "CONNECTION_DESTROYED",
  "CONNECTION_ENDED",
  "CONNECT_TIMEOUT",
  "ECONNREFUSED",
  "ECONNRESET",
  "ENOENT",
  "EPIPE",
  // The server ends: by an administrator, by a crash, or it is not up yet.
  "57P01",
  "57P02",
  "57P03",
]);

function isConnectionLost(error: unknown): boolean {
  return lostCodes.has((error as { code?: string } | null)?.code ?? "");
}

let guarded = false;

/** Drops only what postgres.js itself throws after its socket is gone: a TypeError from a timer, its own statements; everything else ends the process as ever. */
function guardProcess(): void {
  if (guarded) return;
  guarded = true;
  process.on("uncaughtException", (error: Error) => {
    const ofPostgresJs = /postgres[^\n]*connection\.js/.test(error.stack ?? "");
    // Statements of ours have somebody who awaits them: what comes here lost is one that the driver made for itself.
    if (ofPostgresJs && (error instanceof TypeError || isConnectionLost(error))) return;
    // Another listener, such as a test runner's, decides for itself.
    if (process.listenerCount("uncaughtException") > 1) return;
    process.stderr.write(`${error.stack ?? error.message}\n`);
    process.exit(1);
  });
}
