import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { openAiError } from "../../server/http/problem.ts";
import { DomainError } from "../../server/kernel/errors.ts";
import { ChatFrames } from "../../server/gateway/chat-frames.ts";
import { FrameTemplate } from "../../server/gateway/frame-template.ts";

const options = { alias: "chat", callId: "c1", metadata: undefined, withUsage: true };
const chunk = (delta: object, more: object = {}, choice: object = {}) => ({
  ...{ id: "chatcmpl-p1", created: 1, model: "provider/model", object: "chat.completion.chunk" },
  ...{ choices: [{ index: 0, delta, ...choice }], ...more },
});
const textOf = (frames: ChatFrames, data: string) => {
  const taken = frames.take(data);
  return taken.kind === "frame" ? taken.text : taken.kind;
};

/** What a reader that has learnt from one frame makes of the next is what one makes that reads it as its first. */
function sameAsRead(data: string, before = JSON.stringify(chunk({ content: "Hi" }))) {
  const [learnt, fresh] = [new ChatFrames(options), new ChatFrames(options)];
  textOf(learnt, before);
  const { finishReason, usage } = learnt;
  const said = learnt.written.read().text;
  const made = textOf(learnt, data);
  const read = textOf(fresh, data);
  const parsed = (text: string): unknown =>
    text.startsWith("data: ") ? JSON.parse(text.slice(6)) : text;
  expect(parsed(made)).toEqual(parsed(read));
  expect(made).not.toContain("provider");
  expect(learnt.written.read().text).toBe(said + fresh.written.read().text);
  expect(learnt.finishReason).toBe(fresh.finishReason ?? finishReason);
  expect(learnt.usage).toEqual(fresh.usage ?? usage);
}

test("any text comes out of a stream as it went in", () => {
  const text = fc.oneof(fc.string({ unit: "binary", maxLength: 40 }), fc.json());
  fc.assert(
    fc.property(text, (content) => sameAsRead(JSON.stringify(chunk({ content })))),
    {
      numRuns: 200,
    },
  );
});

describe("a frame that differs from those before it in more than its text is read", () => {
  test.each<[string, object]>([
    ["with a finish", chunk({ content: "x" }, {}, { finish_reason: "stop" })],
    ["with usage", chunk({ content: "" }, { usage: { prompt_tokens: 1, completion_tokens: 2 } })],
    ["with a role", chunk({ role: "assistant", content: "x" })],
    ["with reasoning", chunk({ content: "", reasoning_content: "x" })],
    ["with a call", chunk({ tool_calls: [{ index: 0, function: { arguments: "{}" } }] })],
    ["with what is secret", chunk({ content: "x", provider_specific_fields: { a: "provider" } })],
    ["of another choice", chunk({ content: "x" }, {}, { index: 1 })],
    ["with logprobs", chunk({ content: "x" }, {}, { logprobs: { content: [{ token: "x" }] } })],
    ["without a choice", chunk({}, { choices: [] })],
    ["with an error", { error: { message: "provider" } }],
  ])("%s", (_, frame) => {
    sameAsRead(JSON.stringify(frame));
    // And the other way round: nothing wrong was learnt from it.
    if (!("error" in frame))
      sameAsRead(
        JSON.stringify(chunk({ content: "Hi" })),
        JSON.stringify(frame).replace("x", "Hi"),
      );
  });

  test.each(['{"choices":[{"delta":{"content":"x\n"}}]}', "no JSON", '"', ""])("%j", (data) => {
    const frames = new ChatFrames(options);
    textOf(frames, '{"choices":[{"delta":{"content":"x"}}]}');
    expect(textOf(frames, data)).toBe("failed");
  });
});

test("frames that are alike are read once", () => {
  const template = new FrameTemplate();
  const [first, next] = ["one", "two"].map((content) => chunk({ content }));
  const data = (frame: object) => JSON.stringify(frame);
  expect(template.fill(data(first!))).toBeUndefined();
  template.learn(data(first!), `data: {"of":"team","content":"one"}\n\n`, first!.choices);
  expect(template.fill(data(next!))).toEqual({
    frame: `data: {"of":"team","content":"two"}\n\n`,
    piece: "two",
  });
});

test("an upstream whose frames are never alike is learnt from a few times only", () => {
  const template = new FrameTemplate();
  const data = (created: number) => JSON.stringify(chunk({ content: "x" }, { created }));
  for (let created = 0; created < 20; created += 1)
    template.learn(data(created), `data: {"content":"x"}\n\n`, chunk({ content: "x" }).choices);
  expect(template.fill(data(7))).toBeDefined();
  expect(template.fill(data(19))).toBeUndefined();
});

test("an error after the first byte is told as one before it", () => {
  const error = new DomainError("call_cancelled", "Stopped.", { hints: { field: "messages" } });
  const told = Buffer.from(new ChatFrames(options).error(error)).toString();
  expect(told).toBe(`data: ${JSON.stringify(openAiError(error))}\n\n`);
  expect(JSON.parse(told.slice(6))).toEqual({
    error: {
      ...{ message: "Stopped.", type: "invalid_request_error" },
      ...{ code: "call_cancelled", param: "messages" },
    },
  });
});
