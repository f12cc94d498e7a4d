import { type TSchema, Type } from "@sinclair/typebox";
import { DomainError, type ErrorCode } from "../kernel/errors.ts";
import type { JsonSchemas } from "./openapi-schemas.ts";
import type { Access, Operation } from "./operation.ts";
import { openAiError, openAiStatus } from "./problem.ts";
import { problemKinds } from "./problem-kinds.ts";

/** RFC 9457. Beside these fields stands what helps to act, such as `models` or `resumes_at`. */
const Problem = Type.Object(
  {
    type: Type.String({ description: "`/problems/<code>`, a page that says what to do." }),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String({
      description: "What was wrong in this request, and what would be right.",
    }),
    code: Type.String({ description: "For programs to tell problems apart." }),
    request_id: Type.String({ description: "As in the header x-request-id." }),
    errors: Type.Optional(
      Type.Array(Type.Object({ field: Type.String(), message: Type.String() }), {
        description: "With `invalid_request`: every wrong field.",
      }),
    ),
  },
  {
    $id: "Problem",
    additionalProperties: true,
    description: "RFC 9457, and beside its fields what helps to act, such as `resumes_at`.",
  },
);

const OpenAiError = Type.Object(
  {
    error: Type.Object({
      message: Type.String(),
      type: Type.String(),
      code: Type.String({
        description:
          "For programs to tell errors apart. Where a model refused the request it is the reason in OpenAI's words, such as `context_length_exceeded`, `content_policy_violation`, `unsupported_parameter` or `unsupported_value`.",
      }),
      param: Type.Union([Type.String(), Type.Null()]),
    }),
  },
  { $id: "OpenAiError", description: "The shape that OpenAI's SDKs read." },
);

const always: readonly ErrorCode[] = ["invalid_request", "internal_error"];
const byAccess: Readonly<Record<Access, readonly ErrorCode[]>> = {
  team: [
    ...(["key_missing", "key_unknown", "key_revoked", "key_expired"] as const),
    ...(["ip_not_allowed", "origin_not_allowed", "browser_token_refused"] as const),
    ...(["team_suspended", "database_unavailable"] as const),
  ],
  admin: ["session_required", "scope_required", "database_unavailable"],
  public: [],
};
const ofBodies: readonly ErrorCode[] = [
  "invalid_json",
  "unsupported_media_type",
  "body_too_large",
  "body_too_slow",
];

/** Every problem that an operation can answer, without repetition. */
export function problemCodes({ method, access, spec }: Operation): readonly ErrorCode[] {
  return [
    ...new Set<ErrorCode>([
      ...always,
      ...byAccess[access],
      ...(access === "admin" && method !== "GET" ? (["origin_not_allowed"] as const) : []),
      ...(spec.needs === undefined || spec.needs === "viewer" ? [] : (["role_required"] as const)),
      ...(spec.forPeople ? (["account_required"] as const) : []),
      ...(spec.startsWork ? (["team_paused"] as const) : []),
      ...(spec.body ? ofBodies : []),
      ...(spec.idempotent ? (["idempotency_mismatch", "idempotency_running"] as const) : []),
      ...(spec.problems ?? []),
    ]),
  ];
}

/** Problem answers for a document, and the examples that they share. */
export class ProblemResponses {
  readonly examples: Record<string, { summary: string; value: unknown }> = {};
  readonly #schemas: JsonSchemas;

  constructor(schemas: JsonSchemas) {
    this.#schemas = schemas;
  }

  /** Responses by status. */
  of(codes: readonly ErrorCode[], shape: { openAi: boolean }): Record<string, object> {
    const byStatus = new Map<number, ErrorCode[]>();
    for (const code of codes) {
      const kind = problemKinds[code];
      const status = shape.openAi ? openAiStatus(code) : kind.status;
      byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
    }
    return Object.fromEntries(
      [...byStatus]
        .sort(([one], [other]) => one - other)
        .map(([status, its]) => [String(status), this.#response(its, status, shape)]),
    );
  }

  #response(codes: readonly ErrorCode[], status: number, shape: { openAi: boolean }): object {
    const schema: TSchema = shape.openAi ? OpenAiError : Problem;
    const retries = status === 429 || status === 503 || codes.includes("idempotency_running");
    return {
      description: codes.map((code) => `\`${code}\`: ${problemKinds[code].title}.`).join(" "),
      headers: openApiHeaders(
        retries ? { "retry-after": "Seconds until it is worth trying again." } : undefined,
      ),
      content: {
        [shape.openAi ? "application/json" : "application/problem+json"]: {
          schema: this.#schemas.toJson(schema),
          examples: Object.fromEntries(
            codes.map((code) => [code, { $ref: this.#example(code, shape) }]),
          ),
        },
      },
    };
  }

  #example(code: ErrorCode, shape: { openAi: boolean }): string {
    const name = shape.openAi ? `openai_${code}` : code;
    const kind = problemKinds[code];
    const error = new DomainError(code, `${kind.title}. ${kind.remedy}`);
    this.examples[name] ??= {
      summary: kind.title,
      value: shape.openAi
        ? openAiError(error)
        : {
            type: `/problems/${code}`,
            title: kind.title,
            status: kind.status,
            detail: error.message,
            code,
            request_id: "019aaf3c-6a80-7c11-9d1b-2f9d1b6d2a10",
          },
    };
    return `#/components/examples/${name}`;
  }
}

/** Response headers; every answer carries the request id. */
export function openApiHeaders(
  headers: Readonly<Record<string, string>> | undefined,
): Record<string, object> {
  const all = { "x-request-id": "Names this request in our logs.", ...headers };
  return Object.fromEntries(
    Object.entries(all).map(([name, description]) => [
      name,
      { description, schema: { type: "string" } },
    ]),
  );
}
