/** The server cannot start or go on. The message is one line that says what to do; the exit code is 1. */
export class StartupError extends Error {
  override name = "StartupError";
}

/** The code of a system error, such as `EADDRINUSE`; of Bun and Node alike. */
export function systemCode(error: unknown): string | undefined {
  const { code } = (error ?? {}) as { code?: unknown };
  return typeof code === "string" ? code : undefined;
}
