import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { definitions, type SettingName, type Settings } from "./config/settings.ts";

/**
 * What was set, by whom. The only reader of the environment: flags win over environment variables, those over the config
 * file, that over defaults. Read once at the start and frozen.
 */
export interface Config extends Settings {
  /** Where each value comes from. */
  readonly sources: Readonly<Record<SettingName, Source>>;
  /** The config file that was read. */
  readonly file: string | undefined;
}

/** `flag`, `environment`, `file` or `default`. */
export type Source = "flag" | "environment" | "file" | "default";

/** A value that cannot be used; the message is one line that names who set it, what it is and what it must be. */
export class ConfigError extends Error {
  override name = "ConfigError";
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** The process's environment, for what children inherit and for `--api-key-env`. */
export const environment: Environment = process.env;

export interface ConfigInput {
  /** Values of flags by setting. */
  flags?: Partial<Record<SettingName, string>>;
  /** `--config`; undefined = `config.json` of the data directory, if there is one. */
  file?: string | undefined;
  environment?: Environment;
  /** Whether we run as root; undefined = ask the system. */
  isRoot?: boolean;
}

/** Throws ConfigError. */
export function loadConfig(input: ConfigInput = {}): Config {
  const variables = input.environment ?? environment;
  const flags = input.flags ?? {};
  const dataDir = resolve(
    flags.dataDir ??
      given(variables, definitions.dataDir.variable) ??
      defaultDataDir(variables, input.isRoot ?? process.getuid?.() === 0),
  );
  const file = input.file ?? existing(join(dataDir, "config.json"));
  const fromFile = file === undefined ? {} : readConfigFile(file);

  const values: Record<string, unknown> = {};
  const sources: Partial<Record<SettingName, Source>> = {};
  for (const name of Object.keys(definitions) as SettingName[]) {
    const definition = definitions[name];
    const candidates: [Source, string, string | undefined][] = [
      ["flag", definition.flag ?? "", flags[name]],
      ["environment", definition.variable, given(variables, definition.variable)],
      ["file", `${fileKey(name)} in ${file}`, fromFile[fileKey(name)]],
    ];
    const [source, by, text] = candidates.find(([, , value]) => value !== undefined) ?? ["default"];
    sources[name] = source;
    values[name] =
      text === undefined ? definition.fallback({ dataDir }) : parse(name, by ?? "", text);
  }
  values["dataDir"] = dataDir;
  return Object.freeze({
    ...(values as unknown as Settings),
    sources: Object.freeze(sources as Record<SettingName, Source>),
    file,
  });
}

function parse(name: SettingName, by: string, text: string): unknown {
  const definition = definitions[name];
  const value = definition.parse(text);
  if (value !== undefined) return value;
  const found = definition.secret ? by : `${by} is ${JSON.stringify(text)}: it`;
  throw new ConfigError(`${found} must be ${definition.rule}.`);
}

/** An empty variable counts as unset, as in most programs. */
function given(variables: Environment, name: string): string | undefined {
  return variables[name] || undefined;
}

function existing(path: string): string | undefined {
  return existsSync(path) ? path : undefined;
}

/** A setting's name in the config file: `adminPort` → `admin_port`. */
export function fileKey(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** The data directory itself cannot be set in a file that lies in it. */
const fileKeys = new Set(
  Object.keys(definitions)
    .filter((name) => name !== "dataDir")
    .map(fileKey),
);

function readConfigFile(path: string): Record<string, string> {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    const reason = error instanceof SyntaxError ? "it is not valid JSON" : (error as Error).message;
    throw new ConfigError(`The config file ${path} cannot be read: ${reason}.`);
  }
  if (typeof content !== "object" || content === null || Array.isArray(content)) {
    throw new ConfigError(`The config file ${path} must hold one JSON object.`);
  }
  return Object.fromEntries(
    Object.entries(content).map(([key, value]: [string, unknown]) => {
      if (!fileKeys.has(key)) {
        throw new ConfigError(
          `${key} in ${path} is no setting; there are ${[...fileKeys].join(", ")}.`,
        );
      }
      if (typeof value !== "string" && typeof value !== "number") {
        throw new ConfigError(`${key} in ${path} must be a text or a number.`);
      }
      return [key, String(value)];
    }),
  );
}

/** Where data lies unless told otherwise. */
export function defaultDataDir(variables: Environment, isRoot: boolean): string {
  if (process.platform === "win32") {
    return join(variables["LOCALAPPDATA"] ?? join(homedir(), "AppData", "Local"), "saas-litellm");
  }
  if (isRoot) return "/var/lib/saas-litellm";
  const home = variables["HOME"] ?? homedir();
  return join(variables["XDG_DATA_HOME"] || join(home, ".local", "share"), "saas-litellm");
}
