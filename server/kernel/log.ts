/** Structured log lines. Fields never hold secrets, request bodies or response bodies. */
export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** A log whose lines all carry these fields as well. */
  with(fields: LogFields): Log;
}

/** `error` may be an Error: the log writes its message, code and stack. */
export type LogFields = Readonly<Record<string, unknown>>;

/** A log that writes nothing, for tests and for code that runs before there is one. */
export const silentLog: Log = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  with: () => silentLog,
};
