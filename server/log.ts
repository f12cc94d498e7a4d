import type { Log, LogFields } from "./kernel/log.ts";

const levels = ["debug", "info", "warn", "error"] as const;
type Level = (typeof levels)[number];

export interface LogOptions {
  format: "pretty" | "json";
  level: Level;
  /** Colours; only with `pretty`. */
  colors: boolean;
  /** Takes whole lines with their line end. */
  write: (line: string) => void;
  now?: () => number;
}

/**
 * Log lines go to standard error: standard output belongs to what a command prints. `json` is one object a line with
 * `time, level, message` and the fields; `pretty` is for eyes. Every line passes the scrubbing of secrets, which is a second
 * net: nobody is to log one in the first place.
 */
export function createLog(options: LogOptions): Log {
  return new LineLog(options, {});
}

class LineLog implements Log {
  readonly #options: LogOptions;
  readonly #fields: LogFields;

  constructor(options: LogOptions, fields: LogFields) {
    this.#options = options;
    this.#fields = fields;
  }

  debug = (message: string, fields?: LogFields) => this.#line("debug", message, fields);
  info = (message: string, fields?: LogFields) => this.#line("info", message, fields);
  warn = (message: string, fields?: LogFields) => this.#line("warn", message, fields);
  error = (message: string, fields?: LogFields) => this.#line("error", message, fields);

  with(fields: LogFields): Log {
    return new LineLog(this.#options, { ...this.#fields, ...fields });
  }

  #line(level: Level, message: string, fields: LogFields = {}): void {
    const { format, level: least, write } = this.#options;
    if (levels.indexOf(level) < levels.indexOf(least)) return;
    const time = new Date(this.#options.now?.() ?? Date.now());
    const all = { ...this.#fields, ...fields };
    const line =
      format === "json"
        ? JSON.stringify({ time: time.toISOString(), level, message, ...plain(all) })
        : this.#pretty(time, level, message, all);
    write(`${scrubSecrets(line)}\n`);
  }

  #pretty(time: Date, level: Level, message: string, fields: LogFields): string {
    const { error, ...rest } = fields;
    const details = Object.entries(rest)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => `${name}=${shortValue(value)}`);
    const head = `${time.toISOString().slice(11, 23)} ${level.padEnd(5)} ${message}`;
    const tail = details.length > 0 ? `  ${details.join(" ")}` : "";
    const stack = error === undefined ? "" : `\n${indented(describe(error))}`;
    const color = { debug: 90, info: undefined, warn: 33, error: 31 }[level];
    const painted = this.#options.colors && color ? `\u001b[${color}m${head}\u001b[39m` : head;
    return `${painted}${this.#options.colors && tail ? `\u001b[2m${tail}\u001b[22m` : tail}${stack}`;
  }
}

function shortValue(value: unknown): string {
  return typeof value === "string" && /^[\w./:@-]+$/.test(value)
    ? value
    : JSON.stringify(plainValue(value));
}

function indented(text: string): string {
  return text.replace(/^/gm, "    ");
}

function plain(fields: LogFields): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const name in fields) values[name] = plainValue(fields[name]);
  return values;
}

/** What JSON can hold: an error as its text, a bigint as its digits. */
function plainValue(value: unknown): unknown {
  if (value instanceof Error) return describe(value);
  return typeof value === "bigint" ? value.toString() : value;
}

/** An error with its code, stack and causes. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code } = error as { code?: unknown };
  const own = `${typeof code === "string" ? `[${code}] ` : ""}${error.stack ?? error.message}`;
  return error.cause === undefined ? own : `${own}\ncaused by ${describe(error.cause)}`;
}

/** Keys (`sk-…`, `slt-…`), bearer tokens, set-up tokens and passwords in URLs. */
function scrubSecrets(text: string): string {
  return text
    .replace(/\b(sk|slt)-[\w.-]{6,}/g, "$1-[secret]")
    .replace(/\b(bearer)\s+[\w.~+/=-]{6,}/gi, "$1 [secret]")
    .replace(/(token=)[\w.~-]{6,}/gi, "$1[secret]")
    .replace(/(\w+:\/\/[^\s:/@]*:)[^\s@/]+@/g, "$1[secret]@");
}
