import { DomainError } from "./errors.ts";

/** Throws `version_conflict` when a change was made from another version than the current one; undefined = from any. */
export function requireVersion(
  current: number,
  given: number | undefined,
  of: { noun: string },
): void {
  if (given === undefined || given === current) return;
  throw new DomainError(
    "version_conflict",
    `version is ${given}, and ${of.noun} is at version ${current}. Read it again and repeat the change.`,
    { hints: { field: "version", value: given, version: current } },
  );
}
