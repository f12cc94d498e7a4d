import { canonicalJson } from "../kernel/canonical-json.ts";
import { DomainError } from "../kernel/errors.ts";
import { type MasterKey, seal, sha256, unseal } from "../kernel/sealing.ts";
import { Reply } from "./operation.ts";
import { problemBody } from "./problem.ts";
import { scopeOf } from "./request-scope.ts";

/** A request that a repeat shall not carry out again. */
export interface IdempotencyClaim {
  /** SHA-256 in hex of principal, method, path and key: a key of one team means nothing to another. */
  id: string;
  /** SHA-256 in hex of the body, whatever the order of its fields. */
  bodyHash: string;
  /** Who asked, for a failure that is stored: it names the request, and on `/v1` has OpenAI's shape. */
  asked: { requestId: string; openAi: boolean };
}

/** What the header may be. */
export const idempotencyKeyPattern = "^[!-~]{1,255}$";
const pattern = new RegExp(idempotencyKeyPattern);

/** The header of a request; null without one. Throws `invalid_request` for what is not 1 to 255 visible ASCII characters. */
export function idempotencyKeyOf(request: Request): string | null {
  const key = request.headers.get("idempotency-key");
  if (key === null || pattern.test(key)) return key;
  throw new DomainError(
    "invalid_request",
    "The header Idempotency-Key must be 1 to 255 visible ASCII characters.",
    { hints: { field: "Idempotency-Key" } },
  );
}

/**
 * The claim that a request makes with its `Idempotency-Key`; undefined without one. `principalId` is the team's id (for
 * admins, the actor). Throws `invalid_request` for a key that is not 1 to 255 visible ASCII characters.
 */
export function idempotencyClaim(of: {
  principalId: string;
  request: Request;
  body: unknown;
}): IdempotencyClaim | undefined {
  const key = idempotencyKeyOf(of.request);
  if (key === null) return undefined;
  const { pathname } = new URL(of.request.url);
  return {
    id: sha256([of.principalId, of.request.method, pathname, key].join("\0")).toString("hex"),
    bodyHash: sha256(canonicalJson(of.body)).toString("hex"),
    asked: { requestId: scopeOf(of.request).requestId, openAi: pathname.startsWith("/v1/") },
  };
}

/** An answer as it is stored for repeats. */
export interface StoredAnswer {
  status: number;
  body: unknown;
  /** Those that belong to the work, such as `x-job-id`. */
  headers?: Readonly<Record<string, string>>;
}

/** A stream as its client got it, but for comments. */
export interface StoredFrames {
  status: number;
  headers: Readonly<Record<string, string>>;
  /** See `unpackFrames`. */
  frames: readonly string[];
}

export type StoredCall = StoredAnswer | StoredFrames;

/** That the work was done, where its answer was too large to keep. */
export const notKept = { status: 410, body: null, notKept: true };

/** A failure that was charged, for its repeat: trying again with its key would never give another answer. */
export function storedFailure(error: DomainError, { asked }: IdempotencyClaim): StoredAnswer {
  const { status, contentType, body } = problemBody(error, asked);
  return { status, body, headers: { "content-type": contentType, "x-should-retry": "false" } };
}

const PURPOSE = "idempotency_keys.sealed_response";
/** Characters of an answer's JSON; an embedding of everything in a large request is about half of it. */
const LONGEST_STORED = 24 * 1024 * 1024;

/** Encrypts an answer for the column `idempotency_keys.sealed_response`. */
export function sealAnswer(masterKey: MasterKey, answer: StoredCall): Uint8Array {
  const text = JSON.stringify(answer);
  return seal(masterKey, PURPOSE, text.length > LONGEST_STORED ? JSON.stringify(notKept) : text);
}

/** Throws `answer_not_kept`. */
export function openAnswer(masterKey: MasterKey, sealed: Uint8Array): StoredCall {
  const text = unseal(masterKey, PURPOSE, sealed).toString("utf8");
  const answer = JSON.parse(text) as StoredCall & Partial<Pick<typeof notKept, "notKept">>;
  if (!answer.notKept) return answer;
  throw new DomainError(
    "answer_not_kept",
    "The request with this Idempotency-Key was carried out, but its answer was too large to keep.",
  );
}

/** The first request's answer, for its repeat: the same status and body, and a header that says so. */
export function replayedAnswer(masterKey: MasterKey, sealed: Uint8Array): Reply {
  const { status, body, headers } = openAnswer(masterKey, sealed) as StoredAnswer;
  return new Reply(body, { status, headers: { ...headers, ...replayedHeader } });
}

export const replayedHeader = { "idempotency-replayed": "true" };

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
