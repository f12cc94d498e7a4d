import { readFileSync } from "node:fs";
import { loadConfig } from "../config.ts";
import { readRunFile } from "../main/data-directory.ts";
import { systemCode } from "../main/startup-error.ts";
import type { Arguments } from "./command.ts";
import { CliError } from "./cli-error.ts";
import { printable } from "./output.ts";

const TIMEOUT_MS = 60_000;
/** A first start on a slow machine. */
const START_TIMEOUT_MS = 30_000;
const RETRY_MS = 200;

/** The admin API of the server that runs on a data directory. */
export interface AdminClient {
  readonly adminUrl: string;
  readonly apiUrl: string;
  /** The answer's body. Throws CliError with `detail (code)` of a problem answer. */
  request<Answer>(method: Method, path: string, body?: RequestBody): Promise<Answer>;
}

type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

export interface RequestBody {
  json: Readonly<Record<string, unknown>>;
  idempotencyKey?: string | undefined;
}

/** Finds the running server by the data directory's `run.json`. Throws CliError when there is none. */
export function connect(given: Pick<Arguments, "flags" | "configFile">): AdminClient {
  const { dataDir } = loadConfig({ flags: given.flags, file: given.configFile });
  const { run, token } = readAccess(dataDir);
  return adminClient({ adminUrl: run.admin_url, apiUrl: run.api_url, token, dataDir });
}

export function adminClient(server: {
  adminUrl: string;
  apiUrl: string;
  token: string;
  dataDir: string;
}): AdminClient {
  const { adminUrl, apiUrl, token, dataDir } = server;
  return {
    adminUrl,
    apiUrl,
    async request<Answer>(method: Method, path: string, body?: RequestBody) {
      const { ok, status, text } = await sendUntilStarted(`${adminUrl}${path}`, dataDir, {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          ...(body ? { "content-type": "application/json" } : {}),
          ...(body?.idempotencyKey === undefined ? {} : { "idempotency-key": body.idempotencyKey }),
        },
        ...(body ? { body: JSON.stringify(body.json) } : {}),
      });
      if (!ok) throw refusal(status, text);
      // What is gone answers without a body.
      return (text === "" ? undefined : JSON.parse(text)) as Answer;
    },
  };
}

interface Received {
  ok: boolean;
  status: number;
  text: string;
}

/** A script's first command may come before the database is up: that is waited for, since nothing has happened yet. */
async function sendUntilStarted(
  url: string,
  dataDir: string,
  init: RequestInit,
): Promise<Received> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  for (;;) {
    const received = await send(url, dataDir, init);
    const isStarting = received.status === 503 && received.text.includes('"database_unavailable"');
    if (!isStarting || Date.now() > deadline) return received;
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
}

async function send(url: string, dataDir: string, init: RequestInit): Promise<Received> {
  try {
    const response = await fetch(url, { ...init, signal: AbortSignal.timeout(TIMEOUT_MS) });
    return { ok: response.ok, status: response.status, text: await response.text() };
  } catch (error) {
    if (error instanceof Error && error.name === "TimeoutError") {
      throw new CliError(`The server at ${url} did not answer within ${TIMEOUT_MS / 1_000} s.`);
    }
    throw notRunning(dataDir);
  }
}

function readAccess(dataDir: string) {
  try {
    const run = readRunFile(dataDir);
    if (run) return { run, token: readFileSync(run.admin_token_file, "utf8").trim() };
  } catch (error) {
    if (systemCode(error) === "EACCES") {
      throw new CliError(
        `The server on ${dataDir} belongs to another user: run this command as that user.`,
      );
    }
    if (systemCode(error) !== "ENOENT") throw error;
  }
  throw notRunning(dataDir);
}

function notRunning(dataDir: string): CliError {
  return new CliError(
    `No server runs on ${dataDir}: start it with saas-litellm serve --data-dir ${dataDir}`,
  );
}

/** One line out of a problem document. */
function refusal(status: number, text: string): CliError {
  try {
    const problem = JSON.parse(text) as { detail?: string; title?: string; code?: string };
    const detail = problem.detail ?? problem.title;
    if (detail !== undefined) {
      return new CliError(printable(`${detail} (${problem.code ?? status})`));
    }
  } catch {
    // Not JSON: something else listens there.
  }
  return new CliError(`The server answered ${status} without saying why.`);
}
