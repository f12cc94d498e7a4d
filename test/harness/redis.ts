import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { freePort } from "./ports.ts";
import { startServer, type ServerProcess } from "./process.ts";

export interface TestRedis {
  url: string;
  /** Kills the server, as a crash would. */
  kill(): Promise<void>;
  /** Starts it anew, empty, on the same port. */
  restart(): Promise<void>;
  /** Stops it where it stands: connections stay, nothing is answered. */
  halt(): void;
  /** Lets it go on after `halt`. */
  resume(): void;
}

/** A real Redis of this test file's own; call it at the top level of the file. It ends with the file. */
export async function testRedis(): Promise<TestRedis> {
  const folder = mkdtempSync(join(tmpdir(), "redis-"));
  const port = await freePort();
  const start = () =>
    startServer({
      command: "redis-server",
      args: [
        "--port",
        String(port),
        "--bind",
        "127.0.0.1",
        "--save",
        "",
        "--appendonly",
        "no",
        "--dir",
        folder,
      ],
      ready: /Ready to accept connections/,
      timeoutMs: 20_000,
    });
  let server: ServerProcess = await start();
  afterAll(async () => {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  return {
    url: `redis://127.0.0.1:${port}`,
    kill: () => server.stop("SIGKILL"),
    async restart() {
      await server.stop("SIGKILL");
      server = await start();
    },
    halt: () => void server.child.kill("SIGSTOP"),
    resume: () => void server.child.kill("SIGCONT"),
  };
}
