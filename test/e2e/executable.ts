import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll } from "vitest";
import { readRunFile, type RunFile } from "../../server/main/data-directory.ts";
import { until } from "../harness/process.ts";
import { processesOf } from "./processes.ts";

/** What starts the program: the executable, or a runtime with the source. */
const executable: readonly string[] = [resolve("dist/saas-litellm")];
/** LiteLLM is installed once for all tests of this checkout, as an operator's second start finds it installed. */
const sharedEnvironment = resolve(".cache/litellm");

export interface Executable {
  apiUrl: string;
  adminUrl: string;
  dataDir: string;
  /** The process that serves. */
  pid: number;
  /** All that it has written so far, both streams. */
  log(): string;
  /** Runs a command of the executable against this server. */
  cli(...args: string[]): Promise<CommandResult>;
  /** Resolves when /readyz answers 200: LiteLLM is installed, started and serves the newest models. */
  ready(timeoutMs?: number): Promise<void>;
  /** Sends the signal and waits for the end; fails when a process of its data directory stays. Twice is fine. */
  stop(signal?: NodeJS.Signals): Promise<Exit>;
}

export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

export interface CommandResult {
  code: number | null;
  stdout: string;
  stderr: string;
  /** Standard output as JSON; throws with both streams when it is none. */
  json<T = unknown>(): T;
}

interface StartOptions {
  /** Starts the program; the built executable when absent. */
  command?: readonly string[];
  /** Beside `serve`, the data directory and ports 0. */
  args?: readonly string[];
  env?: Record<string, string>;
  /** One that a test made or used before; it is then the test's to remove. */
  dataDir?: string;
}

const started = new Set<Executable>();
const folders: string[] = [];

afterAll(async () => {
  const ends = await Promise.allSettled([...started].map((server) => server.stop("SIGKILL")));
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  for (const end of ends) if (end.status === "rejected") throw end.reason;
});

/** A folder for `--data-dir`, removed with the test file. Others may pass through it: PostgreSQL is another user's when we are root. */
export function temporaryDataDir(): string {
  const folder = mkdtempSync(join(tmpdir(), "d-"));
  chmodSync(folder, 0o711);
  folders.push(folder);
  return folder;
}

/** Starts `saas-litellm serve` on free ports; resolves when both listeners answer. Rejects with its log when it ends before. */
export async function startExecutable(options: StartOptions = {}): Promise<Executable> {
  const dataDir = options.dataDir ?? temporaryDataDir();
  const [program = "", ...words] = options.command ?? executable;
  const ports = ["--port", "0", "--admin-port", "0", "--litellm-port", "0"];
  const args = ["serve", "--data-dir", dataDir, ...ports, ...(options.args ?? [])];
  const child = spawn(program, [...words, ...args], {
    env: environment(options.env),
    stdio: ["ignore", "pipe", "pipe"],
  });
  let log = "";
  child.stdout.on("data", (chunk: Buffer) => (log += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (log += chunk.toString()));
  const ended = new Promise<Exit>((resolveExit) => {
    child.once("exit", (code, signal) => resolveExit({ code, signal }));
    child.once("error", (error) => {
      log += `${error.message}\n`;
      resolveExit({ code: -1, signal: null });
    });
  });

  let run: RunFile | undefined;
  const answers = async () => {
    if (child.pid === undefined || child.exitCode !== null) throw new Error("it ended at once");
    run ??= runFileOf(dataDir, child);
    return (
      run !== undefined &&
      (await isOk(`${run.api_url}/healthz`)) &&
      isOk(`${run.admin_url}/healthz`)
    );
  };
  try {
    await until("the executable answers", answers, { timeoutMs: 120_000, everyMs: 50 });
  } catch (error) {
    child.kill("SIGKILL");
    await ended;
    await nothingLeft(dataDir);
    throw new Error(`saas-litellm serve did not start:\n${log}`, { cause: error });
  }
  const { api_url: apiUrl, admin_url: adminUrl, pid } = run!;

  const server: Executable = {
    apiUrl,
    adminUrl,
    dataDir,
    pid,
    log: () => log,
    cli: (...rest) => runExecutable([...rest, "--data-dir", dataDir], options.env, options.command),
    ready: (timeoutMs = 240_000) =>
      until(`${apiUrl}/readyz is 200; its log:\n${log}`, () => isOk(`${apiUrl}/readyz`), {
        timeoutMs,
        everyMs: 100,
      }),
    async stop(signal = "SIGTERM") {
      if (child.exitCode === null && child.signalCode === null) process.kill(pid, signal);
      const exit = await ended;
      started.delete(server);
      await nothingLeft(dataDir);
      return exit;
    },
  };
  started.add(server);
  return server;
}

/** Runs a command of the executable to its end. */
export async function runExecutable(
  args: readonly string[],
  env: Record<string, string> = {},
  [program = "", ...words]: readonly string[] = executable,
): Promise<CommandResult> {
  const child = spawn(program, [...words, ...args], {
    env: environment(env),
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  const [code] = (await once(child, "close")) as [number | null];
  return {
    code,
    stdout,
    stderr,
    json<T>() {
      try {
        return JSON.parse(stdout) as T;
      } catch (error) {
        throw new Error(`${args.join(" ")} printed no JSON:\n${stdout}\n${stderr}`, {
          cause: error,
        });
      }
    },
  };
}

/** What the test's own shell has set must not choose a database or a gateway. */
function environment(own: Record<string, string> = {}): NodeJS.ProcessEnv {
  mkdirSync(sharedEnvironment, { recursive: true });
  const kept = ["PATH", "HOME", "LANG", "TMPDIR", "SAAS_LITELLM_TEST_RUN"];
  const inherited = Object.fromEntries(kept.map((name) => [name, process.env[name]]));
  return { ...inherited, SAAS_LITELLM_ENVIRONMENT_DIR: sharedEnvironment, ...own };
}

/** Undefined until the process that we started has written it; a file of an earlier start names another process. */
function runFileOf(dataDir: string, child: ChildProcess): RunFile | undefined {
  const file = readRunFile(dataDir);
  return file && (file.pid === child.pid || isChildOf(file.pid, child.pid)) ? file : undefined;
}

/** The executable starts itself anew with a larger limit of Bun's fetch, so that the server may be a child of what we started. */
function isChildOf(pid: number, parent: number | undefined): boolean {
  const status = `/proc/${pid}/status`;
  return existsSync(status) && readFileSync(status, "utf8").includes(`\nPPid:\t${parent}\n`);
}

async function isOk(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}

/** The product's promise: within 5 s of its end, however it ended, nothing of it runs; a busy machine gets three times as long. */
async function nothingLeft(dataDir: string): Promise<void> {
  await until(`no process of ${dataDir} is left`, () => processesOf(dataDir).length === 0).catch(
    (error: unknown) => {
      throw new Error(`left behind:\n${processesOf(dataDir).join("\n")}`, { cause: error });
    },
  );
}
