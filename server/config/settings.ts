import { join, resolve } from "node:path";
import { parseBlocks } from "../kernel/network.ts";

/** One thing that can be set. */
export interface Definition<Value> {
  /** Without it, only the environment and the config file set it. */
  flag?: string;
  /** The placeholder in the help text. */
  argument: string;
  variable: string;
  about: string;
  /** What a value must be, as the end of the sentence "it must be …". */
  rule: string;
  /** Never shown. */
  secret?: boolean;
  /** Undefined when the text breaks the rule. */
  parse(text: string): Value | undefined;
  fallback(others: { dataDir: string }): Value;
  /** The default in words, where the value does not say it. */
  otherwise?: string;
}

const define = <Value>(definition: Definition<Value>): Definition<Value> => definition;

const port = (
  flag: string,
  variable: string,
  options: { usual: number; about: string },
): Definition<number> => ({
  flag,
  variable,
  argument: "PORT",
  about: options.about,
  rule: "a port from 0 to 65535 (0 takes a free one)",
  parse: (text) => wholeNumber(text, 0, 65_535),
  fallback: () => options.usual,
});

const duration = (
  variable: string,
  options: {
    usual: number;
    least: number;
    most: number;
    unit: string;
    about: string;
    flag?: string;
  },
): Definition<number> => ({
  ...(options.flag === undefined ? {} : { flag: options.flag }),
  variable,
  argument: options.unit.toUpperCase(),
  about: options.about,
  rule: `${options.unit} from ${options.least} to ${options.most}`,
  parse: (text) => {
    const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
    return value >= options.least && value <= options.most ? value : undefined;
  },
  fallback: () => options.usual,
});

const host = (flag: string, variable: string, about: string): Definition<string> => ({
  flag,
  variable,
  argument: "ADDRESS",
  about,
  rule: "an address or host name, such as 127.0.0.1 or 0.0.0.0",
  parse: (text) => (/^[A-Za-z0-9.:_-]+$/.test(text) ? text : undefined),
  fallback: () => "127.0.0.1",
});

const optional = (
  variable: string,
  options: Omit<Definition<string | undefined>, "variable" | "fallback" | "parse"> & {
    accepts: (text: string) => boolean;
  },
): Definition<string | undefined> => {
  const { accepts, ...rest } = options;
  return {
    ...rest,
    variable,
    parse: (text) => (accepts(text) ? text : undefined),
    fallback: () => undefined,
  };
};

const isUrl = (protocols: readonly string[]) => (text: string) =>
  URL.canParse(text) && protocols.includes(new URL(text).protocol);
const isHttpUrl = isUrl(["http:", "https:"]);

export const definitions = {
  dataDir: define<string>({
    flag: "--data-dir",
    variable: "SAAS_LITELLM_DATA_DIR",
    argument: "DIR",
    about: "Where everything is kept",
    rule: "a directory",
    otherwise: "/var/lib/saas-litellm as root, else ~/.local/share/saas-litellm",
    parse: (text) => resolve(text),
    fallback: ({ dataDir }) => dataDir,
  }),
  host: host("--host", "HOST", "Where the team API listens; 0.0.0.0 exposes it"),
  port: port("--port", "PORT", { usual: 8003, about: "Port of the team API" }),
  publicUrl: optional("SAAS_LITELLM_PUBLIC_URL", {
    flag: "--public-url",
    argument: "URL",
    about: "Where teams reach the API, when a proxy stands before it",
    rule: "an http or https URL",
    accepts: isHttpUrl,
  }),
  trustedProxies: optional("TRUSTED_PROXIES", {
    flag: "--trusted-proxies",
    argument: "CIDR,…",
    about: "Proxies before this server, whose X-Forwarded-For tells the client's address",
    rule: "CIDR blocks or addresses with commas between them, such as 10.0.0.0/8,fd00::/8",
    accepts: (text) => parseBlocks(text) !== undefined,
  }),
  maxBodyMb: define<number>({
    flag: "--max-body-mb",
    variable: "MAX_BODY_MB",
    argument: "MB",
    about: "The largest request body; images and files come in it as base64, a third larger",
    rule: "a whole number of megabytes from 1 to 256",
    parse: (text) => wholeNumber(text, 1, 256),
    fallback: () => 10,
  }),
  adminHost: host("--admin-host", "ADMIN_HOST", "Where the admin UI listens"),
  adminPort: port("--admin-port", "ADMIN_PORT", { usual: 3002, about: "Port of the admin UI" }),
  litellmPort: port("--litellm-port", "LITELLM_PORT", {
    usual: 8002,
    about: "Port of LiteLLM, on loopback only",
  }),
  litellmWorkers: define<number>({
    flag: "--litellm-workers",
    variable: "LITELLM_WORKERS",
    argument: "N",
    about: "LiteLLM processes; each gives about 70 calls a second",
    rule: "a whole number from 1 to 64",
    parse: (text) => wholeNumber(text, 1, 64),
    fallback: () => 1,
  }),
  logFormat: define<"auto" | "pretty" | "json">({
    flag: "--log-format",
    variable: "SAAS_LITELLM_LOG_FORMAT",
    argument: "FORMAT",
    about: "pretty or json; auto is pretty on a terminal",
    rule: "auto, pretty or json",
    parse: (text) => oneOf(text, ["auto", "pretty", "json"]),
    fallback: () => "auto",
  }),
  logLevel: define<"debug" | "info" | "warn" | "error">({
    flag: "--log-level",
    variable: "SAAS_LITELLM_LOG_LEVEL",
    argument: "LEVEL",
    about: "The least important lines that are written",
    rule: "debug, info, warn or error",
    parse: (text) => oneOf(text, ["debug", "info", "warn", "error"]),
    fallback: () => "info",
  }),
  databaseUrl: optional("DATABASE_URL", {
    argument: "URL",
    about: "A PostgreSQL server to use instead of the embedded one",
    rule: "a URL such as postgres://user:password@host:5432/name",
    secret: true,
    accepts: isUrl(["postgres:", "postgresql:"]),
  }),
  redisUrl: optional("REDIS_URL", {
    argument: "URL",
    about: "Redis, through which instances share limits and cache, and learn of changes sooner",
    rule: "a URL such as redis://host:6379",
    secret: true,
    accepts: isUrl(["redis:", "rediss:"]),
  }),
  key: optional("SAAS_LITELLM_KEY", {
    argument: "KEY",
    about:
      "Encrypts credentials; the same on every machine. Unset: master.key in the data directory",
    rule: "32 random bytes in base64 or hex, such as `openssl rand -base64 32` prints",
    secret: true,
    accepts: (text) => decodeKey(text) !== undefined,
  }),
  litellmUrl: optional("LITELLM_URL", {
    argument: "URL",
    about: "A LiteLLM proxy of your own instead of the supervised one",
    rule: "an http or https URL",
    accepts: isHttpUrl,
  }),
  litellmApiKey: optional("LITELLM_API_KEY", {
    argument: "KEY",
    about: "The key for LITELLM_URL",
    rule: "a key without spaces",
    secret: true,
    accepts: (text) => /^[!-~]+$/.test(text),
  }),
  litellmBin: optional("LITELLM_BIN", {
    argument: "PATH",
    about: "A litellm program of your own instead of the managed installation",
    rule: "the path of a program",
    accepts: (text) => text.length > 0,
  }),
  environmentDir: define<string>({
    variable: "SAAS_LITELLM_ENVIRONMENT_DIR",
    argument: "DIR",
    about: "Where the managed LiteLLM is installed; may be shared",
    rule: "a directory",
    otherwise: "environments in the data directory",
    parse: (text) => resolve(text),
    fallback: ({ dataDir }) => join(dataDir, "environments"),
  }),
  drainSeconds: duration("SAAS_LITELLM_DRAIN_SECONDS", {
    flag: "--drain-seconds",
    unit: "seconds",
    usual: 30,
    least: 0,
    most: 3_600,
    about: "How long running calls may take when the server is told to stop",
  }),
  redisTimeoutMs: duration("SAAS_LITELLM_REDIS_TIMEOUT_MS", {
    unit: "milliseconds",
    usual: 100,
    least: 10,
    most: 10_000,
    about: "How long a call waits for Redis at most, before it goes on without",
  }),
  heartbeatMs: duration("SAAS_LITELLM_HEARTBEAT_MS", {
    unit: "milliseconds",
    usual: 500,
    least: 10,
    most: 60_000,
    about: "Time between two heartbeats of an instance",
  }),
  leaseSeconds: duration("SAAS_LITELLM_LEASE_SECONDS", {
    unit: "seconds",
    usual: 30,
    least: 1,
    most: 3_600,
    about: "An instance unseen for so long counts as dead",
  }),
  sweepSeconds: duration("SAAS_LITELLM_SWEEP_SECONDS", {
    unit: "seconds",
    usual: 5,
    least: 0.01,
    most: 3_600,
    about: "Time between two rounds of upkeep",
  }),
  jobTtlSeconds: duration("SAAS_LITELLM_JOB_TTL_SECONDS", {
    unit: "seconds",
    usual: 3_600,
    least: 1,
    most: 2_592_000,
    about: "A job idle for so long expires",
  }),
};

export type SettingName = keyof typeof definitions;

export type Settings = {
  readonly [Name in SettingName]: (typeof definitions)[Name] extends Definition<infer Value>
    ? Value
    : never;
};

function wholeNumber(text: string, least: number, most: number): number | undefined {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  return value >= least && value <= most ? value : undefined;
}

function oneOf<const Choice extends string>(
  text: string,
  choices: readonly Choice[],
): Choice | undefined {
  return choices.find((choice) => choice === text);
}

/** 32 bytes written in hex or base64 (also its URL form); undefined when it is anything else. */
export function decodeKey(text: string): Uint8Array | undefined {
  const trimmed = text.trim();
  if (/^[0-9a-fA-F]{64}$/.test(trimmed)) return Buffer.from(trimmed, "hex");
  if (!/^[A-Za-z0-9+/_-]{43}=?$/.test(trimmed)) return undefined;
  const bytes = Buffer.from(trimmed, "base64");
  return bytes.length === 32 ? bytes : undefined;
}

/** What a person may see of a value: passwords in URLs and secrets are hidden. */
export function shownValue(name: SettingName, value: string | number | undefined): string | null {
  if (value === undefined) return null;
  const text = String(value);
  if (URL.canParse(text) && /^[a-z]+:\/\//.test(text)) {
    const url = new URL(text);
    if (url.password) url.password = "***";
    return url.password || definitions[name].secret ? url.href : text;
  }
  return definitions[name].secret ? "***" : text;
}
