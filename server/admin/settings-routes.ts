import { authorOf } from "../audit/audit.ts";
import type { Context } from "../context.ts";
import { adminOperation, type Operation } from "../http/operation.ts";
import { changeSettings, readSettings, type SettingsState } from "../settings/change.ts";
import { SettingsChange, SettingsView } from "../settings/schema.ts";

const tag = "Settings";

/** What is set for the whole platform at run time. */
export function settingsOperations(context: Context): readonly Operation[] {
  return [
    adminOperation(
      "GET",
      "/api/settings",
      {
        operationId: "getSettings",
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
        summary: "Change settings",
        description: "Those that are named; the others stay.",
        tag,
        body: SettingsChange,
        success: { description: "The settings.", schema: SettingsView },
        problems: ["amount_invalid", "version_conflict"],
      },
      async (input) => {
        const { version, ...values } = input.body;
        return toView(await changeSettings(context, authorOf(input), { values, version }));
      },
    ),
  ];
}

const toView = ({ values, version }: SettingsState): SettingsView => ({ ...values, version });
