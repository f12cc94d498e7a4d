import { ConfigCache } from "../config-cache.ts";
import type { Context } from "../context.ts";
import { readSettings } from "./change.ts";
import { type Settings, toSettings } from "./settings.ts";

/** The settings in memory; dropped when one changes. */
export class SettingsCatalog {
  readonly #context: Context;
  readonly #kept: ConfigCache<Settings>;

  constructor(context: Context) {
    this.#context = context;
    this.#kept = new ConfigCache({ changes: context.changes, kinds: ["settings"], capacity: 1 });
  }

  read(): Promise<Settings> {
    return this.#kept.get("all", async () =>
      toSettings((await readSettings(this.#context)).values),
    );
  }

  /** Stops listening for changes; twice is fine. */
  stop(): void {
    this.#kept.stop();
  }
}
