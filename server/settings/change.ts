import type { Drizzle } from "../../db/client.ts";
import { type Author, recordAudit } from "../audit/audit.ts";
import { changeConfig } from "../config-change.ts";
import type { Context } from "../context.ts";
import { requireVersion } from "../kernel/versions.ts";
import { settingDefaults, type SettingValues, toSettings } from "./settings.ts";
import {
  deleteSetting,
  insertCreditPrice,
  lockSettings,
  selectSettings,
  selectSettingsVersion,
  upsertSetting,
} from "./store.ts";

export interface SettingsState {
  values: SettingValues;
  /** Raised by every change. */
  version: number;
}

export function readSettings(context: Context): Promise<SettingsState> {
  return stateOf(context.database.drizzle);
}

async function stateOf(drizzle: Drizzle): Promise<SettingsState> {
  const version = await selectSettingsVersion(drizzle);
  const changed = await selectSettings(drizzle, Object.keys(settingDefaults));
  return { values: { ...settingDefaults, ...changed }, version };
}

/**
 * Changes the settings that are named. Throws `version_conflict` when `version` is given and is not the current one,
 * `amount_invalid`, `invalid_request`.
 */
export function changeSettings(
  context: Context,
  author: Author,
  change: { values: Partial<SettingValues>; version?: number | undefined },
): Promise<SettingsState> {
  const at = new Date(context.clock.now());
  return changeConfig(context, ["settings"], async (transaction) => {
    await lockSettings(transaction);
    const { values: before, version } = await stateOf(transaction);
    requireVersion(version, change.version, { noun: "the table of settings" });
    const after = { ...before, ...change.values };
    const { creditPriceNanos } = toSettings(after);
    if (after.credit_price_usd !== before.credit_price_usd) {
      await insertCreditPrice(transaction, { from: at, priceNanos: creditPriceNanos });
    }
    for (const [name, value] of Object.entries(change.values)) {
      // Of those that can be empty, empty is the default.
      if (value === null) await deleteSetting(transaction, name);
      else await upsertSetting(transaction, { name, value, at });
    }
    await recordAudit(transaction, at, author, {
      action: "settings.change",
      subject: { kind: "settings", id: "platform" },
      before: { ...before },
      after: { ...after },
    });
    return { values: after, version: version + 1 };
  });
}
