import { join } from "node:path";
import { openPostgresJs } from "./postgres-js.ts";
import type { HttpServer, Runtime, ServeOptions } from "./runtime.ts";
import { sourceAssets } from "./source-assets.ts";

/** What we use of Deno; its own types would contradict Bun's. */
declare const Deno: {
  serve(
    options: { hostname: string; port: number; signal: AbortSignal; onListen: () => void },
    handler: (
      request: Request,
      info: { remoteAddr: { hostname: string } },
    ) => Response | Promise<Response>,
  ): { addr: { port: number }; finished: Promise<void>; shutdown(): Promise<void> };
};

const root = join(import.meta.dirname, "../..");

/** Starts the same server from source, with a database and a LiteLLM that run elsewhere. */
export const denoRuntime: Runtime = {
  name: "deno",
  serve,
  openDatabase: openPostgresJs,
  assets: sourceAssets(root),
  self: [process.execPath, "run", "-A", "--unstable-no-legacy-abort", join(root, "server/deno.ts")],
};

async function serve(options: ServeOptions): Promise<HttpServer> {
  const atDeadline = new AbortController();
  const server = Deno.serve(
    {
      hostname: options.host,
      port: options.port,
      signal: atDeadline.signal,
      onListen: () => {},
    },
    (request, info) => options.fetch(request, { address: info.remoteAddr.hostname }),
  );
  let stopped: Promise<void> | undefined;
  const stop = async (deadlineMs: number) => {
    const deadline = setTimeout(() => atDeadline.abort(), deadlineMs);
    await Promise.race([server.shutdown(), server.finished]);
    clearTimeout(deadline);
  };
  return { port: server.addr.port, stop: (deadlineMs) => (stopped ??= stop(deadlineMs)) };
}
