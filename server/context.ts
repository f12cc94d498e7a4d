import type { Database } from "../db/client.ts";
import type { Clock } from "./kernel/clock.ts";
import type { Log } from "./kernel/log.ts";
import type { MasterKey } from "./kernel/sealing.ts";

/** What every rule may use. Made by the composition root (`services.ts`), or by a test. */
export interface Context {
  /** Reading it before the database is up throws DomainError `database_unavailable`. */
  readonly database: Database;
  /** The database's time. */
  readonly clock: Clock;
  readonly changes: ConfigChanges;
  /** Encrypts credentials and stored answers. */
  readonly masterKey: MasterKey;
  readonly log: Log;
  /** This server's row in `instances`; a new one every start. */
  readonly instanceId: string;
}

/** Kinds of cached configuration, each with a counter in `config_versions`. */
export type ConfigKind = "tenants" | "keys" | "models" | "settings" | "plans" | "budgets";

/** How caches stay right: the heartbeat tells which kinds have changed, on every instance, within a second. */
export interface ConfigChanges {
  /** False when the last heartbeat is more than a second old: then caches do not count. */
  fresh(): boolean;
  /** The newest version seen of a kind. */
  version(kind: ConfigKind): number;
  /** Calls the listener after one of the kinds has changed; returns how to stop that. */
  onChange(kinds: readonly ConfigKind[], listener: () => void): () => void;
  /** Reads the versions now, for a caller that has just changed something and wants its own instance to see it at once. */
  refresh(): Promise<void>;
}
