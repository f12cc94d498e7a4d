import { randomBytes } from "node:crypto";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { systemClock } from "../kernel/clock.ts";
import type { Log } from "../kernel/log.ts";
import { startGuarded } from "../runtime/guarded.ts";
import type { Assets } from "../runtime/runtime.ts";
import { Child } from "./child.ts";
import { proxyEnvironment, type ProxySecrets } from "./child-environment.ts";
import { InternalKeys } from "./internal-key.ts";
import type { LogTail } from "./log-tail.ts";
import { loopbackPort } from "./loopback-port.ts";
import { Pool } from "./pool.ts";
import { servedModels } from "./probe.ts";
import type { Program } from "./program.ts";
import { renderProxyConfig } from "./proxy-config.ts";
import type { GatewayConfig } from "./upstream.ts";

const RESTART_BACKOFF = { firstMs: 500, longestMs: 30_000 };
/** A warm start takes 7 s on one core; a first one after the installation on a slow disk, several times that. */
const START_MS = 180_000;
/** Longer than any client of ours keeps a connection idle: uvicorn's 5 s would close some just as a call is sent. */
const KEEP_ALIVE_SECONDS = 600;
/** Only seen by our own probe of `/v1/models`. */
const PROBE_TEAM = "readiness-probe";

export interface LauncherOptions {
  /** Our data directory; run files lie in `litellm/run`, the salt in `litellm/salt.key`. */
  dataDir: string;
  assets: Assets;
  self: readonly string[];
  environment: Readonly<Record<string, string | undefined>>;
  /** Children a config. */
  workers: number;
  /** The port that the first child wishes; 0 = any. */
  port: number;
  log: Log;
  logTail: LogTail;
  onChange: () => void;
}

/** Makes pools: writes what LiteLLM reads at its start, and starts its processes under the watchdog. */
export class Launcher {
  readonly #options: LauncherOptions;
  readonly #runDir: string;
  readonly #secrets: Promise<ProxySecrets>;
  readonly keys: InternalKeys;
  #configs = 0;
  #toldPort = false;

  constructor(options: LauncherOptions) {
    this.#options = options;
    this.#runDir = join(options.dataDir, "litellm", "run");
    const internalSecret = randomBytes(32).toString("hex");
    this.keys = new InternalKeys(internalSecret, systemClock);
    this.#secrets = this.#prepare(internalSecret);
    // Whoever makes a pool sees the failure; until then it is not unhandled.
    this.#secrets.catch(() => {});
  }

  /** A pool for the config, not started. `ours` tells which ports our other children hold. */
  async pool(
    config: GatewayConfig,
    program: Program,
    ours: (port: number) => boolean,
  ): Promise<Pool> {
    const secrets = await this.#secrets;
    const { text, secrets: credentials } = renderProxyConfig(config);
    this.#options.logTail.conceal(Object.values(credentials));
    this.#configs += 1;
    const file = join(this.#runDir, `config-${this.#configs}.yaml`);
    await writeFile(file, text, { mode: 0o600 });
    const env = proxyEnvironment(this.#options.environment, secrets, credentials);
    const children = Array.from({ length: this.#options.workers }, (_, index) =>
      this.#child({ program, file, env, wishedPort: index === 0 ? this.#options.port : 0, ours }),
    );
    return new Pool(config, children);
  }

  /** Removes what was written for the children. Only after the last one has ended. */
  async clean(): Promise<void> {
    await rm(this.#runDir, { recursive: true, force: true });
  }

  #child(plan: ChildPlan): Child {
    const { self, logTail, onChange } = this.#options;
    const { program, env } = plan;
    return new Child({
      choosePort: () => this.#choosePort(plan),
      launch: (port) =>
        startGuarded({
          self,
          command: [...program.command, ...this.#flags(plan.file, port)],
          env,
          cwd: this.#runDir,
          onLine: (line) => logTail.add(`${port} ${line}`),
        }),
      probe: (baseUrl, signal) => {
        const headers = { authorization: `Bearer ${this.keys.keyFor(PROBE_TEAM)}` };
        return servedModels(baseUrl, headers, signal);
      },
      backoff: RESTART_BACKOFF,
      startMs: START_MS,
      onChange,
    });
  }

  #flags(file: string, port: number): readonly string[] {
    const flags = {
      "--config": file,
      "--host": "127.0.0.1",
      "--port": String(port),
      "--num_workers": "1",
      "--telemetry": "False",
      "--keepalive_timeout": String(KEEP_ALIVE_SECONDS),
      "--log_config": join(this.#runDir, "logging.json"),
    };
    return Object.entries(flags).flat();
  }

  async #choosePort({ wishedPort, ours }: ChildPlan): Promise<number> {
    // While a newer config replaces an older one, our own child still holds the wished port.
    const wish = wishedPort !== 0 && ours(wishedPort) ? 0 : wishedPort;
    const port = await loopbackPort(wish);
    if (wish !== 0 && port !== wish && !this.#toldPort) {
      this.#toldPort = true;
      this.#options.log.warn(`Port ${wish} is taken by another program: LiteLLM gets ${port}`);
    }
    return port;
  }

  async #prepare(internalSecret: string): Promise<ProxySecrets> {
    const { dataDir, assets, logTail } = this.#options;
    await this.clean();
    await mkdir(this.#runDir, { recursive: true, mode: 0o700 });
    for (const hook of ["saas_litellm_auth.py", "saas_litellm_attempts.py"]) {
      const text = await assets.read(`litellm/${hook}`);
      if (!text) throw new Error(`this build lacks litellm/${hook}: build it again`);
      await writeFile(join(this.#runDir, hook), text, { mode: 0o600 });
    }
    await writeFile(join(this.#runDir, "logging.json"), JSON.stringify(logging), { mode: 0o600 });
    const secrets = {
      masterKey: `sk-${randomBytes(24).toString("hex")}`,
      saltKey: await saltOf(join(dataDir, "litellm", "salt.key")),
      internalSecret,
    };
    logTail.conceal(Object.values(secrets));
    return secrets;
  }
}

interface ChildPlan {
  program: Program;
  /** The rendered config. */
  file: string;
  env: Record<string, string>;
  wishedPort: number;
  ours: (port: number) => boolean;
}

/** uvicorn without its line for every request: they would cost time and push everything else out of the log tail. */
const logging = {
  version: 1,
  disable_existing_loggers: false,
  formatters: { plain: { format: "%(levelname)s %(name)s: %(message)s" } },
  handlers: {
    standard_error: {
      class: "logging.StreamHandler",
      formatter: "plain",
      stream: "ext://sys.stderr",
    },
  },
  loggers: {
    uvicorn: { handlers: ["standard_error"], level: "INFO", propagate: false },
    "uvicorn.access": { handlers: [], level: "CRITICAL", propagate: false },
  },
};

/** The salt in a file, made at the first start of a data directory. */
async function saltOf(path: string): Promise<string> {
  try {
    return (await readFile(path, "utf8")).trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  const salt = `sk-${randomBytes(24).toString("hex")}`;
  await writeFile(path, `${salt}\n`, { mode: 0o600, flag: "wx" });
  return salt;
}
