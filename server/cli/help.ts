import { definitions } from "../config/settings.ts";
import { allOptions, type Command } from "./command.ts";

/** The commands, or those of one group. */
export function overview(
  commands: Readonly<Record<string, { about: string }>>,
  group?: string,
): string {
  const names = Object.keys(commands).filter(
    (name) => group === undefined || name.startsWith(`${group} `),
  );
  const shown = names.length > 0 ? names : Object.keys(commands);
  return [
    "saas-litellm: sell LiteLLM to teams, with jobs, credits and an admin UI.",
    "",
    "Usage: saas-litellm [COMMAND] [OPTIONS]",
    "",
    "Commands:",
    ...table(shown.map((name) => [name, commands[name]!.about])),
    "",
    "saas-litellm COMMAND --help shows a command's options and examples.",
  ].join("\n");
}

export function commandHelp(command: Command): string {
  const options = [...allOptions(command)];
  const usage = [
    "saas-litellm",
    command.name,
    ...command.words,
    ...options.flatMap(([name, option]) =>
      option.required ? [`--${name}${option.value ? ` ${option.value}` : ""}`] : [],
    ),
    ...(options.some(([, option]) => !option.required) ? ["[OPTIONS]"] : []),
  ].join(" ");
  const rows = options.map(([name, option]) => {
    const { about, value, setting } = option;
    return [`--${name}${value ? ` ${value}` : ""}`, setting ? settingText(setting) : about];
  });
  const examples = command.examples.map((example) => `  ${example}`);
  return [
    command.about,
    "",
    `Usage: ${usage}`,
    ...section("Options:", table([...rows, ["--help", "Show this text"]])),
    ...section("Environment only:", environmentOnly(command)),
    ...section("Examples:", examples),
  ].join("\n");
}

/** What `serve` takes beside its flags. */
function environmentOnly(command: Command): string[] {
  return table(
    command.settings
      .filter((name) => definitions[name].flag === undefined)
      .map((name) => [definitions[name].variable, settingText(name, false)]),
  );
}

function settingText(name: keyof typeof definitions, withVariable = true): string {
  const definition = definitions[name];
  const usual = definition.otherwise ?? definition.fallback({ dataDir: "" });
  const extra = [
    ...(withVariable ? [definition.variable] : []),
    ...(usual === undefined ? [] : [`default ${String(usual)}`]),
  ].join(", ");
  return extra === "" ? definition.about : `${definition.about} [${extra}]`;
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ["", title, ...lines];
}

function table(rows: readonly (readonly string[])[]): string[] {
  const width = Math.max(0, ...rows.map(([first = ""]) => first.length)) + 2;
  return rows.map(([first = "", second = ""]) => `  ${first.padEnd(width)}${second}`);
}
