import OpenAI, { APIError } from "openai";
import { describe, expect, test } from "vitest";
import { problemKinds } from "../../server/http/problem-kinds.ts";
import { problemResponse } from "../../server/http/problem.ts";
import { DomainError, type ErrorCode } from "../../server/kernel/errors.ts";

/** Every refusal as OpenAI's SDK takes it: which exception it raises, and whether it tries again. */

const codes = Object.keys(problemKinds) as ErrorCode[];

/** What passes by waiting. All else is final: an SDK that tries it again only makes its caller wait. */
const passing: readonly ErrorCode[] = [
  ...(["rate_limited", "upstream_rate_limited", "too_many_streams", "too_many_attempts"] as const),
  ...(["gateway_installing", "gateway_unavailable", "gateway_timeout"] as const),
  ...(["upstream_error", "database_unavailable", "shutting_down"] as const),
  ...(["internal_error", "idempotency_running"] as const),
];

const exceptions: Readonly<Record<number, string>> = {
  400: "BadRequestError",
  401: "AuthenticationError",
  403: "PermissionDeniedError",
  404: "NotFoundError",
  409: "ConflictError",
  422: "UnprocessableEntityError",
  429: "RateLimitError",
};

const refusalOf = (error: DomainError) => problemResponse(error, { requestId: "r1", openAi: true });

/** The SDK's own decision, which is private. */
const triesAgain = (response: Response): Promise<boolean> => {
  const client: unknown = new OpenAI({ apiKey: "sk-any", baseURL: "http://localhost/v1" });
  return (client as { shouldRetry(of: Response): Promise<boolean> }).shouldRetry(response);
};

describe.each(codes)("%s below /v1", (code) => {
  const response = refusalOf(
    new DomainError(code, "What is wrong.", { hints: { field: "model" } }),
  );

  test("is tried again exactly if it passes, then after at most 30 s", async () => {
    expect(await triesAgain(response)).toBe(passing.includes(code));
    const wait = response.headers.get("retry-after");
    if (response.status === 429 || response.status === 503) {
      expect(Number(wait)).toBe(passing.includes(code) ? 2 : 0);
    }
  });

  test("is the exception of its status, with its code and field", async () => {
    const { status, headers } = response;
    const body = (await response.json()) as { error: { type: string } };
    expect(body).toEqual({
      error: {
        message: "What is wrong.",
        type: expect.any(String) as string,
        code: problemKinds[code].openAiCode ?? code,
        param: "model",
      },
    });
    const raised = APIError.generate(status, body, undefined, headers);
    expect(raised.constructor.name).toBe(
      exceptions[status] ?? (status >= 500 ? "InternalServerError" : "APIError"),
    );
    expect(raised).toMatchObject({ status, param: "model", type: body.error.type });
  });
});

test.each([
  [0.2, "1"],
  [17.1, "18"],
  [86_400, "30"],
])("who may come back in %d s is told %s", (retryAfterSeconds, told) => {
  const { headers } = refusalOf(
    new DomainError("rate_limited", "Too many.", { retryAfterSeconds }),
  );
  expect(headers.get("retry-after")).toBe(told);
});
