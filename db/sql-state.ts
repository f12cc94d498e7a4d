/**
 * The five characters with which PostgreSQL names an error (`23505` = unique violation), or undefined when the error is not
 * the server's: a lost connection, say. Bun.sql keeps it in `errno`, postgres.js in `code`, drizzle wraps either as `cause`.
 */
export function sqlState(error: unknown): string | undefined {
  for (
    let current = error, depth = 0;
    current instanceof Error && depth < 5;
    current = current.cause, depth++
  ) {
    const { errno, code } = current as { errno?: unknown; code?: unknown };
    for (const candidate of [errno, code]) {
      if (typeof candidate === "string" && /^[0-9A-Z]{5}$/.test(candidate)) return candidate;
    }
  }
  return undefined;
}

/**
 * States that pass without another statement: of the connection and its sign-in, of a transaction that others stood in the way
 * of, of a statement that was prepared before a migration (0A, 26), of a server that is full, starting, stopping or failing.
 */
const passing = /^(08|0A|25|26|28|3D|40|53|55|57|58|F0)/;

/** Whether the server refused what the statement does: the same again fails again. */
export function isContentError(error: unknown): boolean {
  const state = sqlState(error);
  return state !== undefined && !passing.test(state);
}

/** Whether the statement failed and changed nothing, while the server goes on: one of its items may be what it failed for. */
export function isStatementError(error: unknown): boolean {
  return isContentError(error) || sqlState(error)?.startsWith("40") === true;
}

/** Whether the server could not be asked, or ends: the statement may succeed when it is there again. */
export function isUnreachable(error: unknown): boolean {
  const state = sqlState(error);
  if (state !== undefined) return /^(08|57P0[1-3]|53300)/.test(state);
  for (
    let current = error, depth = 0;
    current instanceof Error && depth < 5;
    current = current.cause, depth++
  ) {
    const { code } = current as { code?: unknown };
    if (typeof code === "string" && connectionCodes.test(code)) return true;
  }
  return false;
}

/** Bun.sql's codes, those of postgres.js, and the system's. */
const connectionCodes =
  /^(ERR_POSTGRES_(CONNECTION|IDLE|LIFETIME)|CONNECT(ION)?_|ECONN|ENOENT$|EPIPE$)/;
