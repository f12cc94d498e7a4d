import type { SettingsView } from "../settings/schema.ts";
import { connect } from "./admin-client.ts";
import { readNumber, readOptionalNumber } from "./amount.ts";
import { clientSettings, type Command, jsonOption } from "./command.ts";
import { print } from "./output.ts";

export const showSettingsCommand: Command = {
  name: "settings show",
  about:
    "Shows what is set for the whole platform at run time; config print shows what a start needs.",
  words: [],
  options: { json: jsonOption },
  settings: clientSettings,
  examples: ["saas-litellm settings show", "saas-litellm settings show --json"],
  async run({ json, ...given }) {
    const settings = await connect(given).request<SettingsView>("GET", "/api/settings");
    print(json, settings, linesOf(settings));
    return 0;
  },
};

export const setSettingCommand: Command = {
  name: "settings set",
  about: "Changes a setting of the platform, on every instance within a second.",
  words: ["NAME", "VALUE"],
  options: {
    version: { value: "N", about: "Refuse it unless the settings are at this version" },
    json: jsonOption,
  },
  settings: clientSettings,
  examples: [
    "saas-litellm settings set credit_price_usd 0.05",
    'saas-litellm settings set brand "Aperture Jobs"',
    "saas-litellm settings set calls_retention_days null",
  ],
  async run({ words: [name = "", value = ""], options, json, ...given }) {
    const version = readOptionalNumber(options["version"], "--version");
    const settings = await connect(given).request<SettingsView>("PATCH", "/api/settings", {
      json: { [name]: readValue(name, value), version },
    });
    print(json, settings, linesOf(settings));
    return 0;
  },
};

const texts: readonly string[] = ["brand", "store_bodies"] satisfies (keyof SettingsView)[];

/** The server says which names and values it takes. */
function readValue(name: string, value: string): string | number | null {
  if (texts.includes(name)) return value;
  return value === "null" ? null : readNumber(value, name);
}

const linesOf = (settings: SettingsView) =>
  Object.entries(settings).map(([name, value]) => `${name} ${value}`);
