import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, expect, vi } from "vitest";
import { run } from "../../server/cli.ts";
import { adminApp, asCli } from "../admin/admin-app.ts";
import { testDatabase } from "../harness.ts";

/** Commands against a real admin API, as a script drives them; called once at the top of a test file. */
export async function adminCli() {
  const { database, runtime } = await testDatabase();
  const { clock, context, send } = await adminApp(database);
  const dataDir = mkdtempSync(join(tmpdir(), "admin-cli-"));
  const server = await runtime.serve({
    host: "127.0.0.1",
    port: 0,
    maxBodyBytes: 1_000_000,
    async fetch(request) {
      const { pathname, search } = new URL(request.url);
      const body = (await request.text()) || undefined;
      const answer = await send(request.method, `${pathname}${search}`, {
        body,
        headers: Object.fromEntries(request.headers),
      });
      const text = answer.status === 204 ? null : answer.text;
      return new Response(text, { status: answer.status, headers: answer.headers });
    },
  });
  writeFileSync(join(dataDir, "cli-token"), asCli.authorization.slice("Bearer ".length));
  writeFileSync(
    join(dataDir, "run.json"),
    JSON.stringify({
      pid: process.pid,
      api_url: "http://127.0.0.1:1",
      admin_url: `http://127.0.0.1:${server.port}`,
      admin_token_file: join(dataDir, "cli-token"),
    }),
  );
  afterAll(async () => {
    await server.stop(0);
    rmSync(dataDir, { recursive: true, force: true });
  });

  let lines: string[] = [];
  beforeEach(() => {
    const note = (text: string) => void lines.push(text);
    vi.spyOn(console, "log").mockImplementation(note);
    vi.spyOn(console, "error").mockImplementation(note);
  });
  afterEach(() => {
    vi.restoreAllMocks();
  });

  /** The exit code and lines of a command. */
  async function cli(...words: string[]) {
    clock.advance(1);
    lines = [];
    const code = await run(runtime, [...words, "--data-dir", dataDir]);
    return { code, text: lines.join("\n") };
  }

  async function json(...words: string[]): Promise<Record<string, unknown>> {
    const { code, text } = await cli(...words, "--json");
    expect({ code, text }).toMatchObject({ code: 0 });
    return JSON.parse(text) as Record<string, unknown>;
  }
  return { database, context, clock, cli, json };
}
