import { parseArgs } from "node:util";
import { definitions, type SettingName } from "../config/settings.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { CliError } from "./cli-error.ts";

export interface Option {
  /** The placeholder of its value; undefined = a switch. */
  value?: string;
  about: string;
  required?: boolean;
}

export interface Command {
  name: string;
  /** One or two sentences for the help text. */
  about: string;
  /** Placeholders of the words after the command, all required. */
  words: readonly string[];
  /** By name without dashes. */
  options: Readonly<Record<string, Option>>;
  /** Settings that this command takes as flags. */
  settings: readonly SettingName[];
  examples: readonly string[];
  /** Returns the exit code. */
  run(invocation: Invocation): Promise<number>;
}

export interface Invocation extends Arguments {
  runtime: Runtime;
}

export interface Arguments {
  words: readonly string[];
  /** Values of options that were given; a switch is "". */
  options: Readonly<Partial<Record<string, string>>>;
  flags: Partial<Record<SettingName, string>>;
  /** `--config`. */
  configFile: string | undefined;
  json: boolean;
}

/** Options that every command with settings takes. */
export const configOption: Option = { value: "FILE", about: "Read settings from this JSON file" };
export const jsonOption: Option = { about: "Print JSON, for scripts" };

/** The settings of commands that only look for the server's data directory. */
export const clientSettings = ["dataDir"] as const satisfies readonly SettingName[];

/** All options of a command by name without dashes, those of its settings included. */
export function allOptions(command: Command): Map<string, Option & { setting?: SettingName }> {
  const options = new Map<string, Option & { setting?: SettingName }>(
    Object.entries(command.options),
  );
  for (const setting of command.settings) {
    const { flag, argument, about } = definitions[setting];
    if (flag !== undefined) options.set(flag.slice(2), { value: argument, about, setting });
  }
  if (command.settings.length > 0) options.set("config", configOption);
  return options;
}

/** Reads what follows the command's name. Throws CliError with exit code 2. */
export function parseArguments(name: string, command: Command, argv: readonly string[]): Arguments {
  const known = allOptions(command);
  const wrong = (text: string) =>
    new CliError(`${text}; saas-litellm ${name} --help shows what it takes.`, 2);
  const { tokens } = parseArgs({
    args: argv.map(hidden),
    strict: false,
    tokens: true,
    allowPositionals: true,
    options: Object.fromEntries(
      [...known].map(([option, { value }]) => [
        option,
        { type: value === undefined ? ("boolean" as const) : ("string" as const) },
      ]),
    ),
  });
  const words: string[] = [];
  const values: Record<string, string> = {};
  const flags: Partial<Record<SettingName, string>> = {};
  for (const token of tokens) {
    if (token.kind === "positional") words.push(shown(token.value));
    if (token.kind !== "option") continue;
    const option = known.get(token.name);
    if (!option) throw wrong(`${token.rawName} is no option of ${name}`);
    const value = valueOf(token, option, wrong);
    if (option.setting) flags[option.setting] = value;
    else values[token.name] = value;
  }
  for (const [option, { required }] of known) {
    if (required && values[option] === undefined) throw wrong(`--${option} is missing`);
  }
  if (words.length < command.words.length) {
    throw wrong(`${command.words[words.length]} is missing`);
  }
  if (words.length > command.words.length) {
    throw wrong(`${JSON.stringify(words[command.words.length])} is one word too many`);
  }
  const { config: configFile, json, ...options } = values;
  return { words, options, flags, configFile, json: json !== undefined };
}

function valueOf(
  token: { rawName: string; value?: string | undefined; inlineValue?: boolean | undefined },
  option: Option,
  wrong: (text: string) => CliError,
): string {
  if (option.value === undefined) {
    if (token.value !== undefined) throw wrong(`${token.rawName} takes no value`);
    return "";
  }
  // What looks like the next option is one, unless it is written `--option=-5`.
  if (token.value === undefined || (!token.inlineValue && /^-./.test(token.value))) {
    throw wrong(`${token.rawName} needs a value: ${option.value}`);
  }
  return shown(token.value);
}

/**
 * A negative number is a value, not options named by its digits. No command line can carry a NUL, so that one in front hides
 * the minus from whoever looks for options.
 */
const hidden = (argument: string) => (/^-\.?\d/.test(argument) ? `\0${argument}` : argument);
const shown = (value: string) => (value.startsWith("\0") ? value.slice(1) : value);
