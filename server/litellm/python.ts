import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Program } from "./program.ts";
import { startByPython } from "./program.ts";

const run = promisify(execFile);
const TIMEOUT_MS = 20_000;

export interface Python {
  command: string;
  /** "3.11" */
  version: string;
}

/** The newest first; the plain names last, since they are often older. */
const candidates = ["python3.13", "python3.12", "python3.11", "python3.10", "python3", "python"];

const aboutPython =
  "import sys, venv; print('%d.%d' % sys.version_info[:2] if sys.version_info >= (3, 10) else '')";

/** The first Python from 3.10 on that can make environments; undefined when there is none on the path. */
export async function findPython(environment: Record<string, string>): Promise<Python | undefined> {
  for (const command of candidates) {
    const version = await output(command, ["-I", "-c", aboutPython], environment);
    if (version) return { command, version };
  }
  return undefined;
}

const aboutLitellm = `
import importlib.metadata, importlib.util, os
folder = os.path.dirname(importlib.util.find_spec("litellm").origin)
print(importlib.metadata.version("litellm"))
print(os.path.join(folder, "model_prices_and_context_window_backup.json"))
`;

/** LiteLLM as installed for an interpreter, without importing it, which takes seconds; undefined when it is not. */
export async function litellmOf(
  python: string,
  environment: Record<string, string>,
): Promise<Program | undefined> {
  const [version, priceFile] =
    (await output(python, ["-I", "-c", aboutLitellm], environment))?.split(/\r?\n/) ?? [];
  return version && priceFile ? { command: startByPython(python), version, priceFile } : undefined;
}

/** What a short command prints; undefined when it cannot be run or fails. */
async function output(
  command: string,
  args: readonly string[],
  environment: Record<string, string>,
): Promise<string | undefined> {
  try {
    const { stdout } = await run(command, [...args], { env: environment, timeout: TIMEOUT_MS });
    return stdout.trim();
  } catch {
    return undefined;
  }
}
