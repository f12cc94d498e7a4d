import { chmodSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defaultDataDir, environment, loadConfig, type Config } from "../config.ts";
import { definitions } from "../config/settings.ts";
import { createLog } from "../log.ts";
import { startLoopbackProvider, type RunningLoopbackProvider } from "../loopback/start.ts";
import { startServer, type RunningServer } from "../main.ts";
import { readRunFile } from "../main/data-directory.ts";
import { adminClient, type AdminClient } from "./admin-client.ts";
import { rebuildRollups } from "../usage/rollups.ts";
import { CliError } from "./cli-error.ts";
import type { Command, Invocation } from "./command.ts";
import { beginningOf, live, setUp as setUpPast, type Trader } from "./demo/history.ts";
import { Past } from "./demo/past.ts";
import { preferredPort } from "./demo/preferred-port.ts";
import { seed, tellJob, tellWhatNow, type Seeded } from "./demo/story.ts";
import { GatewayLines } from "./gateway-lines.ts";
import { ignoreStopSignals, nextStopSignal } from "./stop-signal.ts";
import { terminalOf, type Terminal } from "./terminal.ts";
import { inCredits } from "../kernel/counted.ts";

/** Installing takes half a minute on a usual machine, minutes on a slow line. */
const GATEWAY_TIMEOUT_MS = 15 * 60_000;

export const demoCommand: Command = {
  name: "demo",
  about:
    "Starts everything in a temporary data directory with a built-in model, makes three months of jobs of five teams, runs a job with two calls and a stream through real LiteLLM, and shows what each step cost. Ctrl-C ends it and leaves nothing behind but the installation of LiteLLM, which serve uses too.",
  words: [],
  options: { once: { about: "End after the job instead of staying for Ctrl-C" } },
  settings: ["port", "adminPort", "litellmPort", "logLevel"],
  examples: ["saas-litellm demo", "saas-litellm demo --once"],
  async run(invocation) {
    const terminal = terminalOf(process.stdout);
    const stopSignal = nextStopSignal();
    const demo = new Demo(invocation, terminal);
    try {
      const told = demo.tell();
      // After a signal the demo is taken down under its own feet; what it says of that is of no use.
      told.catch(() => {});
      const isOver = await Promise.race([told.then(() => true), stopSignal.then(() => false)]);
      if (isOver && invocation.options["once"] === undefined) await stopSignal;
    } finally {
      // Whoever presses Ctrl-C twice wants nothing left behind all the same.
      ignoreStopSignals();
      await demo.end();
    }
    return 0;
  },
};

/** Everything that the demo started; `end` takes it all away again, however far it came. */
class Demo {
  readonly #invocation: Invocation;
  readonly #terminal: Terminal;
  readonly #dataDir: string;
  #provider: RunningLoopbackProvider | undefined;
  #starting: Promise<RunningServer> | undefined;
  #gateway: GatewayLines | undefined;
  /** Resolves when nothing of the past is under way. */
  #history: Promise<void> | undefined;
  #ended = false;

  constructor(invocation: Invocation, terminal: Terminal) {
    this.#invocation = invocation;
    this.#terminal = terminal;
    this.#dataDir = mkdtempSync(join(tmpdir(), "saas-litellm-demo-"));
    // PostgreSQL runs as nobody when we are root, and has to get there.
    if (process.getuid?.() === 0) chmodSync(this.#dataDir, 0o711);
  }

  async tell(): Promise<void> {
    const { line, bold, dim, green } = this.#terminal;
    line();
    line(
      `  ${bold("SaaS LiteLLM demo")}  ${dim("a whole installation, for as long as this runs")}`,
    );
    line();
    const { server, provider } = await this.#start();
    await server.databaseReady;
    const { serverVersion } = server.services.storage.state();
    line(`  ${green("✓")} PostgreSQL ${serverVersion} runs, the schema is made`);
    const history = this.#startHistory(server, provider);
    const admin = this.#client();
    await history.setUp;
    const seeded = await seed(admin);
    line(
      `  ${green("✓")} Two organizations, a team on each kind of plan, and team Support with ${inCredits(seeded.credits)}`,
    );
    // While LiteLLM starts.
    line(`  ${green("✓")} Three months of jobs: ${await history.lived}`);
    await server.services.upstream.whenReady(GATEWAY_TIMEOUT_MS).catch((error: unknown) => {
      const { problem } = server.services.upstream.status();
      throw new CliError(problem ?? String(error));
    });
    await this.#tellStory(server, admin, seeded);
  }

  /** The past is made through the server's own rules; it ends early when the demo does. */
  #startHistory(server: RunningServer, provider: RunningLoopbackProvider) {
    const nowMs = Date.now();
    const past = new Past(server.services, {
      assets: this.#invocation.runtime.assets,
      providerUrl: provider.url,
      nowMs: beginningOf(nowMs),
    });
    const setUp = setUpPast(past, provider.url);
    const lived = this.#live(past, setUp, nowMs).then(async (jobs) => {
      await this.#rollUp(server);
      return jobs;
    });
    this.#history = lived.then(
      () => {},
      () => {},
    );
    return { setUp, lived };
  }

  async #live(past: Past, setUp: Promise<Trader[]>, untilMs: number): Promise<number> {
    try {
      return await live(past, await setUp, { untilMs, stopped: () => this.#ended });
    } finally {
      await past.end();
    }
  }

  /** The past was made behind the back of the rollups: computes them anew before anybody looks. */
  async #rollUp({ services }: RunningServer): Promise<void> {
    let from: Date | undefined;
    do ({ next: from } = await rebuildRollups(services.context, { from }));
    while (from && !this.#ended);
  }

  async #tellStory(server: RunningServer, admin: AdminClient, seeded: Seeded): Promise<void> {
    const { url } = await admin.request<{ url: string }>("POST", "/api/setup-links");
    await tellJob(this.#terminal, { admin, apiUrl: server.apiUrl, seeded });
    tellWhatNow(this.#terminal, {
      apiUrl: server.apiUrl,
      adminUrl: server.adminUrl,
      setupUrl: url,
      key: seeded.key,
      stays: this.#invocation.options["once"] === undefined,
    });
  }

  async #start() {
    const config = await this.#config();
    const log = createLog({
      format: "pretty",
      level: config.logLevel,
      colors: terminalOf(process.stderr).colors,
      write: (text) => process.stderr.write(text),
    });
    this.#provider = await startLoopbackProvider(this.#invocation.runtime);
    const onChange = () => {
      if (!this.#ended) this.#gateway?.update();
    };
    this.#starting = startServer(this.#invocation.runtime, config, log, onChange);
    const server = await this.#starting;
    this.#gateway = new GatewayLines(this.#terminal, server.services.upstream);
    return { server, provider: this.#provider };
  }

  /** The operator's database, LiteLLM and keys are none of the demo's; the installed LiteLLM is shared. */
  async #config(): Promise<Config> {
    const { flags } = this.#invocation;
    const isRoot = process.getuid?.() === 0;
    const shared = join(defaultDataDir(environment, isRoot), "environments");
    const port = async (name: "port" | "adminPort" | "litellmPort") =>
      flags[name] ?? String(await preferredPort(definitions[name].fallback({ dataDir: "" })));
    return loadConfig({
      flags: {
        logLevel: "error",
        ...flags,
        dataDir: this.#dataDir,
        port: await port("port"),
        adminPort: await port("adminPort"),
        litellmPort: await port("litellmPort"),
      },
      environment: {
        SAAS_LITELLM_ENVIRONMENT_DIR: environment["SAAS_LITELLM_ENVIRONMENT_DIR"] || shared,
        LITELLM_BIN: environment["LITELLM_BIN"],
        // Nobody waits for a demo's calls.
        SAAS_LITELLM_DRAIN_SECONDS: "2",
      },
    });
  }

  /** The same way in as that of every command. */
  #client(): AdminClient {
    const run = readRunFile(this.#dataDir)!;
    return adminClient({
      adminUrl: run.admin_url,
      apiUrl: run.api_url,
      token: readFileSync(run.admin_token_file, "utf8").trim(),
      dataDir: this.#dataDir,
    });
  }

  async end(): Promise<void> {
    this.#ended = true;
    this.#terminal.line(this.#terminal.dim("  Stopping and cleaning up"));
    // A start that failed has cleaned up behind itself.
    const server = await this.#starting?.catch(() => undefined);
    await this.#history;
    await server?.stop();
    await this.#provider?.stop();
    rmSync(this.#dataDir, { recursive: true, force: true });
  }
}
