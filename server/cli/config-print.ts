import { definitions, shownValue, type SettingName } from "../config/settings.ts";
import { fileKey, loadConfig } from "../config.ts";
import { jsonOption, type Command } from "./command.ts";
import { print } from "./output.ts";

const settings = Object.keys(definitions) as SettingName[];

export const printConfigCommand: Command = {
  name: "config print",
  about: "Shows every setting, its value, and where that comes from. Secrets are hidden.",
  words: [],
  options: { json: jsonOption },
  settings,
  examples: ["saas-litellm config print", "PORT=9000 saas-litellm config print --json"],
  run({ flags, configFile, json }) {
    const config = loadConfig({ flags, file: configFile });
    const rows = settings.map((name) => ({
      name: fileKey(name),
      value: shownValue(name, config[name]),
      source: config.sources[name],
      variable: definitions[name].variable,
    }));
    const values = Object.fromEntries(
      rows.map(({ name, value, source, variable }) => [name, { value, source, variable }]),
    );
    const width = (of: (row: (typeof rows)[number]) => string) =>
      Math.max(...rows.map((row) => of(row).length));
    const nameWidth = width((row) => row.name);
    const valueWidth = width((row) => row.value ?? "–");
    const lines = rows.map(
      ({ name, value, source, variable }) =>
        `${name.padEnd(nameWidth)}  ${(value ?? "–").padEnd(valueWidth)}  ${source.padEnd(11)}  ${variable}`,
    );
    print(json, { config_file: config.file ?? null, settings: values }, [
      ...lines,
      `config file: ${config.file ?? "none"}`,
    ]);
    return Promise.resolve(0);
  },
};
