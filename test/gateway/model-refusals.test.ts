import { describe, expect, test } from "vitest";
import { failureFromResponse } from "../../server/gateway/upstream-errors.ts";
import { problemBody } from "../../server/http/problem.ts";
import { HeaderFields } from "../../server/litellm/wire/response-parser.ts";

/** A refusal as LiteLLM tells it: `code` is the status, the reason stands in the text. */
function told(
  message: string,
  { fields = [], ...error }: { fields?: string[]; param?: string; code?: string } = {},
) {
  const body = JSON.stringify({
    error: { message, type: "invalid_request_error", param: null, code: "400", ...error },
  });
  const response = { status: 400, ok: false, headers: new HeaderFields(new Map()) };
  const failure = failureFromResponse(response, body, { fields: ["messages", ...fields] });
  const of = { requestId: "r" };
  const openAi = problemBody(failure.error, { ...of, openAi: true });
  return {
    admin: failure.adminMessage,
    error: (openAi.body as { error: { message: string; code: string; param: string | null } })
      .error,
    problem: problemBody(failure.error, { ...of, openAi: false }).body,
  };
}

const unsupported = (names: string, model = "claude-4") =>
  `litellm.UnsupportedParamsError: anthropic does not support parameters: ${names}, for model=${model}. To drop these, set \`litellm.drop_params=True\` or for proxy:\n\n\`litellm_settings:\n drop_params: true\`\n`;

describe("what a team is told of a refusal", () => {
  test.each([
    [
      "litellm.ContextWindowExceededError: litellm.BadRequestError: ContextWindowExceededError: OpenAIException - This model's maximum context length is 8192 tokens.",
      { code: "context_length_exceeded", param: null, says: /too long.*longer context/ },
    ],
    [
      "litellm.BadRequestError: Azure_aiException - {'error': {'code': 'context_length_exceeded'}}",
      { code: "context_length_exceeded", param: null, says: /too long/ },
    ],
    [
      "litellm.BadRequestError: litellm.ContentPolicyViolationError: AzureException - The response was filtered, see https://go.example.com",
      { code: "content_policy_violation", param: null, says: /content policy/ },
    ],
    [
      "litellm.BadRequestError: AzureException - {'error': {'code': 'content_filter'}}",
      { code: "content_policy_violation", param: null, says: /content policy/ },
    ],
    [unsupported("['logit_bias']"), { code: "unsupported_parameter", param: "logit_bias" }],
    // What stands behind it would be supported.
    [
      "litellm.UnsupportedParamsError: k=logit_bias, not supported by x. Supported params=['seed', 'n'].",
      { code: "unsupported_parameter", param: "logit_bias", says: /support logit_bias: leave it/ },
    ],
    // No field of the client's: not told, as everything else of the upstream's text.
    [
      unsupported("['thinking']", "vendor/seed-n-1"),
      { code: "unsupported_parameter", param: null, says: /one of the parameters/ },
    ],
    [
      "litellm.BadRequestError: OpenAIException - Unsupported value: 'seed' does not support 7 with this model.",
      { code: "unsupported_value", param: "seed", says: /this value of seed/ },
    ],
    [
      "litellm.BadRequestError: OpenAIException - Invalid 'seed': integer below minimum value.",
      { code: "upstream_bad_request", param: null, says: /refused the request/ },
    ],
  ])(
    "%s",
    (message, { code, param, says }: { code: string; param: string | null; says?: RegExp }) => {
      const { admin, error, problem } = told(message, {
        fields: ["seed", "n", "logit_bias", "a+("],
      });
      expect(error).toMatchObject({ code, param, type: "invalid_request_error" });
      if (says) expect(error.message).toMatch(says);
      expect(problem).toMatchObject({
        ...{
          status: 400,
          code: "upstream_bad_request",
          upstream_status: 400,
          detail: error.message,
        },
        ...(code === "upstream_bad_request" ? {} : { reason: code }),
        ...(param === null ? {} : { parameter: param }),
      });
      expect(JSON.stringify([error, problem])).not.toMatch(
        /litellm|openai|azure|anthropic|claude|vendor|example|8192/i,
      );
      expect(admin).toContain(message.trimEnd());
    },
  );

  test("codes and fields that an upstream names itself are kept, harmless words only", () => {
    const long = { code: "string_above_max_length", param: "messages[0].content" };
    expect(told("No.", long).error).toMatchObject(long);
    expect(told("No.", long).problem).toMatchObject({
      ...{ reason: "string_above_max_length", parameter: "messages[0].content" },
    });
    expect(told("No.", { code: "context_length_exceeded", param: "messages" }).error).toMatchObject(
      {
        ...{ code: "context_length_exceeded", param: "messages" },
        message: expect.stringMatching(/longer context/) as unknown,
      },
    );
    expect(told("No.", { code: "azure_says_no", param: "See http://x" }).error).toMatchObject({
      ...{ code: "upstream_bad_request", param: null },
    });
  });
});
