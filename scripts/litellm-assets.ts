import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFile, mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

/** pip as packed into the executable: stock Debian has a Python without pip and without what would make one. */
const PIP_VERSION = "26.3";
const PIP_SHA256 = "f3b60b20ffaadd4415ed7957212a38ac63fa4c5fa375bd0f4a797777940fad13";
const PIP_WHEEL = `pip-${PIP_VERSION}-py3-none-any.whl`;

const root = fileURLToPath(new URL("..", import.meta.url));
const run = promisify(execFile);

/**
 * Puts what LiteLLM needs into `<outDir>/litellm/`: the lock, the pip wheel and the hooks. The wheel is fetched once, by
 * whichever pip or uv the building machine has, and kept in `.cache/litellm`, where a server that runs from source finds
 * it too; its hash is checked each time.
 */
export async function collectLitellmAssets(outDir: string): Promise<void> {
  const target = join(outDir, "litellm");
  await mkdir(target, { recursive: true });
  const sources = join(root, "server", "litellm");
  for (const name of ["requirements.lock", "saas_litellm_auth.py", "saas_litellm_attempts.py"]) {
    await copyFile(join(sources, name), join(target, name));
  }
  await copyFile(await pipWheel(), join(target, PIP_WHEEL));
}

/** The path of the cached wheel, fetched when it is not there. Throws, saying what to install, when nothing can fetch it. */
export async function pipWheel(): Promise<string> {
  const cache = join(root, ".cache", "litellm");
  const wheel = join(cache, PIP_WHEEL);
  if (await isRightWheel(wheel)) return wheel;
  await mkdir(cache, { recursive: true });
  // One of an older version would be packed as well.
  const wheels = (await readdir(cache)).filter((name) => name.startsWith("pip-"));
  await Promise.all(wheels.map((name) => rm(join(cache, name))));
  const fetch = ["download", `pip==${PIP_VERSION}`, "--no-deps", "--quiet", "--dest", cache];
  const commands = [
    ["python3", "-m", "pip", ...fetch],
    ["pip3", ...fetch],
    ["pip", ...fetch],
    ["uv", "tool", "run", "pip", ...fetch],
  ] as const;
  for (const [command, ...args] of commands) {
    try {
      await run(command, [...args]);
    } catch {
      // Not there, or no network: the next one may do.
      continue;
    }
    if (await isRightWheel(wheel)) return wheel;
  }
  throw new Error(
    `${PIP_WHEEL} is needed once to build, and no pip or uv could fetch it: install one of them ` +
      `(Debian and Ubuntu: apt install python3-pip) or put the wheel into ${cache}.`,
  );
}

async function isRightWheel(path: string): Promise<boolean> {
  const bytes = await readFile(path).catch(() => undefined);
  return bytes !== undefined && createHash("sha256").update(bytes).digest("hex") === PIP_SHA256;
}
