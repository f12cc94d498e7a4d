import { createHash } from "node:crypto";
import { access, mkdir, readdir, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Log } from "../kernel/log.ts";
import { startGuarded } from "../runtime/guarded.ts";
import type { Assets } from "../runtime/runtime.ts";
import { installerEnvironment } from "./child-environment.ts";
import { InstallProgress, pinnedPackages } from "./install-progress.ts";
import { withInstallLock } from "./install-lock.ts";
import { PrepareFailure, type PrepareReport, type Program, type ProgramSource } from "./program.ts";
import { findPython, litellmOf, type Python } from "./python.ts";

/** An environment that nobody started from for so long is removed when another is made. */
const UNUSED_AFTER_MS = 24 * 3_600_000;
const LOOK_MS = 500;
/** Fetching and unpacking take the rest before it. */
const COMPILING_PERCENT = 75;

export interface InstallerOptions {
  /** Holds one folder an environment; several data directories may share it. */
  environmentDir: string;
  assets: Assets;
  self: readonly string[];
  environment: Readonly<Record<string, string | undefined>>;
  log: Log;
}

/**
 * The managed environment: LiteLLM as pinned by the embedded lock, in a folder named by the lock and the Python that it was
 * made for. The folder is filled under another name and renamed when whole, so that its existence means that it is complete.
 */
export class Installer implements ProgramSource {
  readonly mode = "managed";
  readonly #options: InstallerOptions;
  readonly #environment: Record<string, string>;

  constructor(options: InstallerOptions) {
    this.#options = options;
    this.#environment = installerEnvironment(options.environment);
  }

  async prepare(report: PrepareReport, signal: AbortSignal): Promise<Program> {
    const lock = await this.#asset("litellm/requirements.lock");
    const python = await findPython(this.#environment);
    if (!python) throw new PrepareFailure(pythonMissing);
    const { environmentDir } = this.#options;
    const folder = join(environmentDir, environmentName(lock, python));
    const program =
      (await this.#installed(folder)) ??
      (await this.#make({ folder, lock, python }, report, signal));
    this.#keepUsed(folder, signal);
    return program;
  }

  async #make(plan: Plan, report: PrepareReport, signal: AbortSignal): Promise<Program> {
    const { folder } = plan;
    const onWait = () => report.progress(0, "another process is installing");
    return withInstallLock(
      join(this.#options.environmentDir, "install.lock"),
      { onWait, signal },
      async () => {
        // Whoever held the lock before may have done the work.
        const made = await this.#installed(folder);
        if (made) return made;
        report.progress(0, "clearing the place");
        await this.#removeLeftovers(folder);
        await this.#install(plan, report, signal);
        const whole = await this.#installed(folder);
        if (!whole) {
          throw new PrepareFailure(
            `LiteLLM was installed but its Python does not find it: remove ${folder} and start again.`,
          );
        }
        return whole;
      },
    );
  }

  /** The program in a folder when it is whole and its interpreter still runs. */
  async #installed(folder: string): Promise<Program | undefined> {
    const python = interpreterIn(folder);
    return (await exists(python)) ? litellmOf(python, this.#environment) : undefined;
  }

  /** Marks the environment as used, now and until the signal aborts, so that no other release removes it meanwhile. */
  #keepUsed(folder: string, signal: AbortSignal): void {
    const touch = () => void utimes(folder, new Date(), new Date()).catch(() => {});
    touch();
    const touching = setInterval(touch, UNUSED_AFTER_MS / 24);
    touching.unref();
    signal.addEventListener("abort", () => clearInterval(touching));
  }

  async #install(plan: Plan, report: PrepareReport, signal: AbortSignal): Promise<void> {
    const partial = `${plan.folder}.partial`;
    const startedAt = performance.now();
    await mkdir(partial, { recursive: true });
    const requirements = join(partial, "requirements.lock");
    await writeFile(requirements, plan.lock);
    report.progress(1, "making the environment");
    await this.#run([plan.python.command, "-m", "venv", "--without-pip", partial], report, signal);

    const progress = new InstallProgress(pinnedPackages(new TextDecoder().decode(plan.lock)));
    const sitePackages =
      process.platform === "win32"
        ? join(partial, "Lib", "site-packages")
        : join(partial, "lib", `python${plan.python.version}`, "site-packages");
    let over = false;
    const tell = () => {
      if (!over) report.progress(progress.percent, progress.step);
    };
    const looking = setInterval(() => void progress.look(sitePackages).then(tell), LOOK_MS);
    try {
      const command = await this.#installCommand(partial, requirements, signal);
      const line = (text: string) => {
        progress.line(text);
        // Where pip read a name is always the lock, and would fill the line.
        report.line(text.replace(/ \(from -r .*$/, ""));
      };
      await this.#run(command, { ...report, line }, signal);
    } finally {
      clearInterval(looking);
      over = true;
    }
    report.progress(COMPILING_PERCENT, "compiling");
    // On all cores, and now: the first start would do it on one, and each of several children again. Some packages carry
    // files that are no Python of this version; they fail, and are never imported.
    const compile = ["-I", "-m", "compileall", "-q", "-j", "0", sitePackages];
    await this.#exitCode(
      [interpreterIn(partial), ...compile],
      { ...report, line: () => {} },
      signal,
    );
    await rename(partial, plan.folder);
    report.progress(100, "installed");
    const seconds = Math.round((performance.now() - startedAt) / 100) / 10;
    this.#options.log.info("LiteLLM installed", { folder: plan.folder, seconds });
  }

  /** uv when it is there, since it is ten times faster; else the embedded pip. Both refuse what the lock does not name. */
  async #installCommand(
    partial: string,
    requirements: string,
    signal: AbortSignal,
  ): Promise<readonly string[]> {
    const python = interpreterIn(partial);
    const checks = ["--require-hashes", "--no-deps", "-r", requirements];
    if (await this.#hasUv(signal)) {
      return ["uv", "pip", "install", "--python", python, ...checks];
    }
    const [name] = this.#options.assets.list("litellm/pip-");
    if (name === undefined) throw new PrepareFailure(assetMissing("litellm/pip-….whl"));
    const wheel = join(partial, name.slice("litellm/".length));
    await writeFile(wheel, await this.#asset(name));
    const quiet = [
      "--no-compile",
      "--no-input",
      "--disable-pip-version-check",
      "--progress-bar",
      "off",
    ];
    return [python, "-u", join(wheel, "pip"), "install", ...quiet, ...checks];
  }

  async #hasUv(signal: AbortSignal): Promise<boolean> {
    try {
      await this.#run(["uv", "--version"], { progress: () => {}, line: () => {} }, signal);
      return true;
    } catch {
      signal.throwIfAborted();
      return false;
    }
  }

  /** Runs a command. Rejects with `PrepareFailure` when it fails, or with the signal's reason. */
  async #run(
    command: readonly string[],
    report: PrepareReport,
    signal: AbortSignal,
  ): Promise<void> {
    let last = "";
    const line = (text: string) => {
      if (text.trim() !== "") last = text.trim();
      report.line(text);
    };
    const code = await this.#exitCode(command, { ...report, line }, signal);
    if (code === 0) return;
    throw new PrepareFailure(
      `Installing LiteLLM failed (${last || `exit code ${code}`}). It is tried again; needed are access to a ` +
        `Python package index (PIP_INDEX_URL names a mirror) and 700 MB in ${this.#options.environmentDir}.`,
    );
  }

  /** Runs a command to its end, under the watchdog. Rejects when it cannot be started, or with the signal's reason. */
  async #exitCode(
    command: readonly string[],
    report: PrepareReport,
    signal: AbortSignal,
  ): Promise<number | null> {
    signal.throwIfAborted();
    const { self } = this.#options;
    const onLine = (line: string) => report.line(line);
    const guarded = await startGuarded({ self, command, env: this.#environment, onLine });
    const stop = () => void guarded.stop(2_000);
    signal.addEventListener("abort", stop);
    const exit = await guarded.exited;
    signal.removeEventListener("abort", stop);
    signal.throwIfAborted();
    return exit.code;
  }

  /** What an interrupted install left, a broken environment in our place, and environments that nobody uses any more. */
  async #removeLeftovers(folder: string): Promise<void> {
    const { environmentDir } = this.#options;
    await rm(folder, { recursive: true, force: true });
    for (const name of await readdir(environmentDir)) {
      if (!environmentPattern.test(name)) continue;
      const path = join(environmentDir, name);
      const { mtimeMs } = await stat(path);
      if (name.endsWith(".partial") || Date.now() - mtimeMs > UNUSED_AFTER_MS) {
        await rm(path, { recursive: true, force: true });
      }
    }
  }

  async #asset(name: string): Promise<Uint8Array> {
    const bytes = await this.#options.assets.read(name);
    if (!bytes) throw new PrepareFailure(assetMissing(name));
    return bytes;
  }
}

interface Plan {
  folder: string;
  lock: Uint8Array;
  python: Python;
}

const pythonMissing =
  "LiteLLM needs Python 3.10 or newer, and none was found on the PATH. Install it (Debian and Ubuntu: apt install python3 " +
  "python3-venv; macOS: brew install python), or set LITELLM_URL to a LiteLLM of your own. It is looked for again.";

const assetMissing = (name: string) =>
  `This build lacks ${name}: build it again, or set LITELLM_BIN or LITELLM_URL.`;

const environmentPattern = /^[0-9a-f]{16}-python3\.\d+(\.partial)?$/;

function environmentName(lock: Uint8Array, python: Python): string {
  const hash = createHash("sha256").update(lock).update(process.platform).update(process.arch);
  return `${hash.digest("hex").slice(0, 16)}-python${python.version}`;
}

const interpreterIn = (folder: string) =>
  process.platform === "win32"
    ? join(folder, "Scripts", "python.exe")
    : join(folder, "bin", "python");

const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );
