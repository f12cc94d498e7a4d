import { authorOf } from "../audit/audit.ts";
import type { Context } from "../context.ts";
import { adminOperation, type Operation } from "../http/operation.ts";
import { changeSettings, readSettings, type SettingsState } from "../settings/change.ts";
import { microsToCredits, nanosToUsd } from "../kernel/money.ts";
import { SettingsChange, SettingsView } from "../settings/schema.ts";
import { readCreditPrice, readLowBalance, type SettingValues } from "../settings/settings.ts";

const tag = "Settings";

/** What is set for the whole platform at run time. */
export function settingsOperations(context: Context): readonly Operation[] {
  return [
    adminOperation(
      "GET",
      "/api/settings",
      {
        operationId: "getSettings",
        needs: "viewer",
        summary: "Get the settings",
        description:
          "Those of the platform, which every instance follows within a second. What a server needs to start stands in its flags and environment.",
        tag,
        success: { description: "The settings.", schema: SettingsView },
      },
      async () => toView(await readSettings(context)),
    ),

    adminOperation(
      "PATCH",
      "/api/settings",
      {
        operationId: "changeSettings",
        needs: "admin",
        summary: "Change settings",
        description: "Those that are named; the others stay.",
        tag,
        body: SettingsChange,
        success: { description: "The settings.", schema: SettingsView },
        problems: ["amount_invalid", "version_conflict"],
      },
      async (input) => {
        const { version, ...change } = input.body;
        const values = fromApi(change);
        return toView(await changeSettings(context, authorOf(input), { values, version }));
      },
    ),
  ];
}

/** Amounts as the settings keep them: their digits fit into a number. */
function fromApi({
  credit_price_usd: price,
  low_balance_credits: low,
  ...others
}: Omit<typeof SettingsChange.static, "version">): Partial<SettingValues> {
  return {
    ...others,
    ...(price === undefined ? {} : { credit_price_usd: nanosToUsd(readCreditPrice(price)) }),
    ...(low === undefined
      ? {}
      : { low_balance_credits: low === null ? null : microsToCredits(readLowBalance(low)) }),
  };
}

const toView = ({ values, version }: SettingsState): SettingsView => ({ ...values, version });
