import { expect, test } from "vitest";
import { ResponseFrames } from "../../../server/gateway/responses/frames.ts";
import { HeaderFields } from "../../../server/litellm/wire/response-parser.ts";
import { failureInStream } from "../../../server/gateway/upstream-errors.ts";

const head = { status: 200, ok: true, headers: new HeaderFields(new Map()) };
const message = "gpt-5 at https://api.example says no";
const failed = (error: object) => ({
  type: "response.failed",
  response: { status: "failed", error },
});

test.each([
  [
    failed({ code: "rate_limit_exceeded", message }),
    "rate_limit_exceeded",
    "upstream_rate_limited",
  ],
  [failed({ code: "invalid_prompt", message }), "invalid_prompt", "upstream_bad_request"],
  [failed({ code: "server_error", message }), "server_error", "upstream_error"],
  [failed({ code: "constructor", message }), "server_error", "upstream_error"],
  [{ type: "error", code: "rate_limit_exceeded", message }, undefined, "upstream_rate_limited"],
  [{ type: "error", error: { code: "429", message } }, undefined, "upstream_rate_limited"],
])("a response that ends with %j says so, in no words of its provider's", (event, told, code) => {
  const frames = new ResponseFrames({
    ...{ alias: "chat", callId: "c1", metadata: undefined, withUsage: true },
  });
  const taken = frames.take(JSON.stringify(event));
  if (taken.kind !== "failed") throw new Error(taken.kind);
  const { error } = failureInStream(head, taken.adminMessage, []);
  expect(error.code).toBe(code);
  const last = new TextDecoder().decode(taken.last ?? frames.error(error));
  expect(last).not.toContain("says no");
  if (told !== undefined) expect(last).toContain(`"error":{"code":"${told}","message":"`);
});
