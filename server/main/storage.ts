import type { Database } from "../../db/client.ts";
import { migrate, SchemaIsForeign, SchemaIsNewer } from "../../db/migrate.ts";
import { sqlState } from "../../db/sql-state.ts";
import { DomainError, messageOf } from "../kernel/errors.ts";
import type { Log } from "../kernel/log.ts";
import { delay, inTime } from "../kernel/waiting.ts";
import { startEmbeddedPostgres, type EmbeddedPostgres } from "../postgres/embedded.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { openLimited } from "./limited-pool.ts";
import { StartupError } from "./startup-error.ts";

export interface StorageOptions {
  runtime: Runtime;
  /** Undefined = the embedded server. */
  databaseUrl: string | undefined;
  dataDir: string;
  log: Log;
}

export interface StorageState {
  state: "starting" | "ready" | "failed";
  mode: "embedded" | "external";
  serverVersion: string | undefined;
  /** The newest migration that was applied. */
  migration: string | undefined;
  problem: string | undefined;
}

const CONNECTIONS = 10;
const CONNECT_TIMEOUT_MS = 15_000;
const RETRY_MS = 500;
const LONGEST_RESTART_DELAY_MS = 10_000;

/**
 * The database: the embedded server, which is started anew when it ends unasked, or the operator's own. `starting` until
 * `start` resolves, then `ready`; `failed` while the embedded server is down. Idle before `start`.
 */
export class Storage {
  readonly #options: StorageOptions;
  #server: EmbeddedPostgres | undefined;
  #database: Database | undefined;
  #stopping = false;
  #restarting: Promise<void> | undefined;
  readonly #state: StorageState;

  constructor(options: StorageOptions) {
    this.#options = options;
    this.#state = {
      state: "starting",
      mode: options.databaseUrl === undefined ? "embedded" : "external",
      serverVersion: undefined,
      migration: undefined,
      problem: undefined,
    };
  }

  state(): Readonly<StorageState> {
    return this.#state;
  }

  /** Throws `database_unavailable` before `ready` was reached. */
  get database(): Database {
    if (this.#database) return this.#database;
    throw new DomainError("database_unavailable", "The service is starting; try again shortly.", {
      retryAfterSeconds: 2,
    });
  }

  /** Starts or reaches the server and migrates. Throws StartupError. */
  async start(): Promise<void> {
    const { runtime, databaseUrl, log } = this.#options;
    const url = databaseUrl ?? (await this.#startServer());
    // A migration may take as long as it needs: only what serves has limits.
    const unlimited = runtime.openDatabase({ url, connections: 1 });
    let serverVersion: string;
    try {
      serverVersion = await this.#reach(unlimited);
      this.#state.serverVersion = serverVersion;
      const result = await migrate(unlimited, runtime.assets);
      this.#state.migration = result.newest;
    } catch (error) {
      if (error instanceof SchemaIsNewer || error instanceof SchemaIsForeign) {
        throw new StartupError(error.message);
      }
      throw error;
    } finally {
      await unlimited.close();
    }
    this.#database = await openLimited(
      runtime,
      { url, connections: CONNECTIONS },
      { serverVersion, log },
    );
  }

  /** The rest of the start succeeded as well. */
  setReady(): void {
    this.#state.state = "ready";
  }

  /** Twice and never started are fine. */
  async stop(deadlineMs: number): Promise<void> {
    this.#stopping = true;
    await this.#restarting;
    await this.#database?.close();
    await this.#server?.stop(deadlineMs);
  }

  async #startServer(): Promise<string> {
    const { runtime, dataDir, log } = this.#options;
    try {
      this.#server = await startEmbeddedPostgres({ runtime, dataDir, log });
    } catch (error) {
      const reason = messageOf(error);
      throw new StartupError(reason, { cause: error });
    }
    this.#watch(this.#server);
    return this.#server.url;
  }

  #watch(server: EmbeddedPostgres): void {
    void server.exited.then((how) => {
      if (this.#stopping) return;
      this.#state.state = "failed";
      this.#state.problem = `PostgreSQL ended unexpectedly (${how}) and is being started again.`;
      this.#options.log.error("PostgreSQL ended unexpectedly and is started again", { exit: how });
      this.#restarting = this.#restart();
    });
  }

  /** The pool reconnects by itself: the address stays the same. */
  async #restart(): Promise<void> {
    for (let delayMs = 100; !this.#stopping; delayMs *= 2) {
      try {
        await this.#startServer();
        this.#state.state = "ready";
        this.#state.problem = undefined;
        return;
      } catch (error) {
        this.#options.log.error("PostgreSQL could not be started", { error });
        await delay(Math.min(delayMs, LONGEST_RESTART_DELAY_MS));
      }
    }
  }

  /** Returns the server's version. An own server may still be starting beside us, so that is tried for a while. */
  async #reach(database: Database): Promise<string> {
    const deadline = Date.now() + CONNECT_TIMEOUT_MS;
    for (let told = false; ; told = true) {
      try {
        const answer = await inTime(
          database.query<{ version: string }>(
            "select current_setting('server_version') as version",
          ),
          Math.max(0, deadline - Date.now()),
        );
        if (!answer) throw new Error("no answer in time");
        return answer[0]!.version;
      } catch (error) {
        const reason = messageOf(error);
        // Class 28 is a refused password, 3D an unknown database: waiting changes neither.
        if (Date.now() >= deadline || /^(28|3D)/.test(sqlState(error) ?? "")) {
          throw new StartupError(
            `The server of DATABASE_URL cannot be reached: ${reason.trim()}. Check the URL and that the server runs, or unset DATABASE_URL to use the embedded one.`,
            { cause: error },
          );
        }
        if (!told)
          this.#options.log.warn("the server of DATABASE_URL does not answer; trying again", {
            reason,
          });
        await delay(RETRY_MS);
      }
    }
  }
}
