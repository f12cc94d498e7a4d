import { SQL } from "bun";
import { drizzle } from "drizzle-orm/bun-sql";
import { sql as asText } from "drizzle-orm";
import { PgJsonb } from "drizzle-orm/pg-core";
import * as schema from "../../db/schema/index.ts";
import type { Database } from "../../db/client.ts";
import { compiled, root, self } from "./program.ts";
import type { Assets, DatabaseOptions, HttpServer, Runtime, ServeOptions } from "./runtime.ts";
import { parseDatabaseUrl } from "./socket-url.ts";
import { sourceAssets } from "./source-assets.ts";

/** Where `bun build --asset assets` put them. */
const embeddedPrefix = "assets/";

/** The product's runtime. */
export const bunRuntime: Runtime = {
  name: "bun",
  serve,
  openDatabase,
  assets: compiled ? embeddedAssets() : sourceAssets(root),
  self,
};

/** The app answers a body over its limit with a problem document; Bun's own bare 413 is only for what is far over it. */
const BODY_MARGIN = 4;

async function serve(options: ServeOptions): Promise<HttpServer> {
  const { idleSeconds = 0 } = options;
  const server = Bun.serve({
    hostname: options.host,
    port: options.port,
    // Bun's default cuts what is silent for ten seconds; models think for longer.
    idleTimeout: idleSeconds,
    maxRequestBodySize: options.maxBodyBytes * BODY_MARGIN,
    async fetch(request, bun) {
      // Bun counts a body that is coming, and an answer that is being made, as silence.
      bun.timeout(request, 0);
      const response = await options.fetch(request, {
        get address() {
          return bun.requestIP(request)?.address ?? "";
        },
      });
      // It stays with the connection until its next request; each part of a stream starts it anew.
      bun.timeout(request, idleSeconds);
      return response;
    },
  });
  let stopped: Promise<void> | undefined;
  const stop = async (deadlineMs: number) => {
    const drained = server.stop();
    const deadline = setTimeout(() => void server.stop(true), deadlineMs);
    await drained;
    clearTimeout(deadline);
  };
  return {
    port: server.port ?? options.port,
    stop: (deadlineMs) => (stopped ??= stop(deadlineMs)),
  };
}

/**
 * drizzle makes text of a JSON value, and Bun.sql, which learns from the server that the parameter is JSON, encodes that text
 * again: a string would be stored. Sent as text and cast in the statement it is encoded once.
 */
PgJsonb.prototype.mapToDriverValue = (value: unknown) =>
  asText`${JSON.stringify(value)}::text::jsonb` as unknown as string;

function openDatabase(options: DatabaseOptions): Database {
  const { url, socketPath } = parseDatabaseUrl(options.url);
  const sql = new SQL({
    url,
    ...(socketPath === undefined ? {} : { path: socketPath }),
    max: options.connections,
    bigint: true,
    connection: { application_name: "saas-litellm", ...options.session },
  });
  return {
    drizzle: drizzle(sql, { schema }),
    async query<Row extends object>(text: string, values: readonly unknown[] = []) {
      const rows = (await sql.unsafe(text, [...values])) as Row[];
      return [...rows];
    },
    async script(text) {
      await sql.unsafe(text).simple();
    },
    close: () => sql.close(),
  };
}

function embeddedAssets(): Assets {
  const files = new Map(
    Bun.embeddedFiles
      .map((file) => [(file as File).name.replaceAll("\\", "/"), file] as const)
      .filter(([name]) => name.startsWith(embeddedPrefix))
      .map(([name, file]) => [name.slice(embeddedPrefix.length), file] as const),
  );
  const names = [...files.keys()].sort();
  return {
    read: async (name) => files.get(name)?.bytes(),
    list: (prefix) => names.filter((name) => name.startsWith(prefix)),
  };
}
