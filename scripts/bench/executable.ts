import { execFile, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Readiness } from "../../server/health/schema.ts";
import { readRunFile, type RunFile } from "../../server/main/data-directory.ts";

const root = join(import.meta.dirname, "../..");
export const executablePath = join(root, "dist/saas-litellm");
const POLL_MS = 2;
const LOG_TAIL = 4_000;

/** `saas-litellm serve` on free ports. */
export class Executable {
  readonly #child: ChildProcess;
  readonly #startedAt = performance.now();
  readonly dataDir: string;
  #log = "";

  constructor(dataDir: string, environment: Readonly<Record<string, string>>) {
    this.dataDir = dataDir;
    const ports = ["--port", "0", "--admin-port", "0", "--litellm-port", "0"];
    this.#child = spawn(executablePath, ["serve", "--data-dir", dataDir, ...ports], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...plainEnvironment(), ...environment },
    });
    const take = (chunk: Buffer) => (this.#log = (this.#log + chunk.toString()).slice(-LOG_TAIL));
    this.#child.stdout!.on("data", take);
    this.#child.stderr!.on("data", take);
  }

  get sinceStartMs(): number {
    return performance.now() - this.#startedAt;
  }

  /** Addresses, once this process has written them. */
  async run(): Promise<RunFile> {
    return this.#poll("run.json", 60_000, () => {
      const run = readRunFile(this.dataDir);
      return run?.pid === this.#child.pid ? run : undefined;
    });
  }

  /** Milliseconds from the start of the process until `/readyz` says that database and migrations are ready. */
  async databaseReady(): Promise<number> {
    const { api_url } = await this.run();
    return this.#poll("the database", 120_000, async () => {
      const state = (await (await fetch(`${api_url}/readyz`)).json()) as Readiness;
      const isReady = state.database === "ready" && state.migrations === "ready";
      return isReady ? this.sinceStartMs : undefined;
    });
  }

  /** Resolves when everything is ready, LiteLLM installed included. */
  async ready(): Promise<void> {
    const { api_url } = await this.run();
    await this.#poll("/readyz", 900_000, async () => {
      const response = await fetch(`${api_url}/readyz`);
      await response.arrayBuffer();
      return response.status === 200 ? true : undefined;
    });
  }

  /** Runs a command line of the CLI against this server and returns what `--json` prints. */
  async command<Answer>(line: string, env: Record<string, string> = {}): Promise<Answer> {
    const args = [...line.split(" "), "--data-dir", this.dataDir, "--json"];
    const { stdout } = await promisify(execFile)(executablePath, args, {
      env: { ...plainEnvironment(), ...env },
    });
    return JSON.parse(stdout) as Answer;
  }

  /** A request to the admin API, with the token that commands use; its answer. */
  async admin<Answer = unknown>(method: string, path: string, body: object): Promise<Answer> {
    const run = await this.run();
    const token = readFileSync(run.admin_token_file, "utf8").trim();
    const response = await fetch(`${run.admin_url}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    const answer = await response.text();
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${answer}`);
    return JSON.parse(answer) as Answer;
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, "exit");
    this.#child.kill("SIGTERM");
    const late = setTimeout(() => this.#child.kill("SIGKILL"), 30_000);
    await gone;
    clearTimeout(late);
  }

  async #poll<Found>(
    awaited: string,
    timeoutMs: number,
    look: () => Found | undefined | Promise<Found | undefined>,
  ): Promise<Found> {
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      const found = await Promise.resolve(look()).catch(() => undefined);
      if (found !== undefined) return found;
      const ended = this.#child.exitCode !== null || this.#child.signalCode !== null;
      if (ended || performance.now() > deadline) {
        const what = ended ? `ended before ${awaited} was there` : `${awaited} took too long`;
        throw new Error(`saas-litellm serve: ${what}\n${this.#log}`);
      }
      await Bun.sleep(POLL_MS);
    }
  }
}

/**
 * Our environment without what would make the server another one than the bench means. LiteLLM is installed once for this
 * checkout and not for each run.
 */
function plainEnvironment(): Record<string, string> {
  const ours =
    /^(DATABASE_|REDIS_|LITELLM_|SAAS_LITELLM_(?!TEST_RUN)|HOST$|PORT$|ADMIN_PORT$|BUN_)/;
  const kept = Object.entries(process.env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && !ours.test(entry[0]),
  );
  return {
    ...Object.fromEntries(kept),
    SAAS_LITELLM_ENVIRONMENT_DIR: join(root, ".cache/litellm"),
  };
}
