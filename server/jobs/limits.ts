import { DomainError } from "../kernel/errors.ts";

/** The largest metadata of a job or call, as JSON. */
export const METADATA_LIMIT_BYTES = 16 * 1024;
const RESULT_LIMIT_BYTES = 64 * 1024;

/** Throws `invalid_request` for metadata that is too large. */
export function requireMetadata(metadata: unknown, field = "metadata"): void {
  requireSize(metadata, { field, limitBytes: METADATA_LIMIT_BYTES });
}

export function requireResult(result: unknown): void {
  requireSize(result, { field: "result", limitBytes: RESULT_LIMIT_BYTES });
}

function requireSize(value: unknown, of: { field: string; limitBytes: number }): void {
  if (value === undefined) return;
  const bytes = Buffer.byteLength(JSON.stringify(value));
  if (bytes <= of.limitBytes) return;
  const message = `${of.field} has ${bytes} bytes as JSON; it may have ${of.limitBytes}.`;
  throw new DomainError("invalid_request", message, {
    hints: { field: of.field, errors: [{ field: of.field, message }] },
  });
}
