import { canonicalJson } from "../kernel/canonical-json.ts";
import { DomainError } from "../kernel/errors.ts";
import { type MasterKey, seal, sha256, unseal } from "../kernel/sealing.ts";
import { Reply } from "./operation.ts";

/** A request that a repeat shall not carry out again. */
export interface IdempotencyClaim {
  /** SHA-256 in hex of principal, method, path and key: a key of one team means nothing to another. */
  id: string;
  /** SHA-256 in hex of the body, whatever the order of its fields. */
  bodyHash: string;
}

const keyPattern = /^[\x21-\x7e]{1,255}$/;

/**
 * The claim that a request makes with its `Idempotency-Key`; undefined without one. `principalId` is the team's id (for
 * admins, the actor). Throws `invalid_request` for a key that is not 1 to 255 visible ASCII characters.
 */
export function idempotencyClaim(of: {
  principalId: string;
  request: Request;
  body: unknown;
}): IdempotencyClaim | undefined {
  const key = of.request.headers.get("idempotency-key");
  if (key === null) return undefined;
  if (!keyPattern.test(key)) {
    throw new DomainError(
      "invalid_request",
      "The header Idempotency-Key must be 1 to 255 visible ASCII characters.",
      { hints: { field: "Idempotency-Key" } },
    );
  }
  const { pathname } = new URL(of.request.url);
  return {
    id: sha256([of.principalId, of.request.method, pathname, key].join("\0")).toString("hex"),
    bodyHash: sha256(canonicalJson(of.body)).toString("hex"),
  };
}

/** An answer as it is stored for repeats. */
export interface StoredAnswer {
  status: number;
  body: unknown;
  /** Those that belong to the work, such as `x-job-id`. */
  headers?: Readonly<Record<string, string>>;
}

const PURPOSE = "idempotency_keys.sealed_response";

/** Encrypts an answer for the column `idempotency_keys.sealed_response`. */
export function sealAnswer(masterKey: MasterKey, answer: StoredAnswer): Uint8Array {
  return seal(masterKey, PURPOSE, JSON.stringify(answer));
}

/** The first request's answer, for its repeat: the same status and body, and a header that says so. */
export function replayedAnswer(masterKey: MasterKey, sealed: Uint8Array): Reply {
  const { status, body, headers } = JSON.parse(
    unseal(masterKey, PURPOSE, sealed).toString("utf8"),
  ) as StoredAnswer;
  return new Reply(body, { status, headers: { ...headers, "idempotency-replayed": "true" } });
}

/** A repeat while the first request still runs. */
export function idempotencyRunning(): DomainError {
  return new DomainError(
    "idempotency_running",
    "A request with this Idempotency-Key is still running. Ask again for its answer.",
    { retryAfterSeconds: 1 },
  );
}

/** A key that was used for another request. */
export function idempotencyMismatch(): DomainError {
  return new DomainError(
    "idempotency_mismatch",
    "This Idempotency-Key was used with another body. Use a new key for a new request.",
  );
}
