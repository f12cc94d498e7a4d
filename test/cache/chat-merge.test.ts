import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { completionOfStream } from "../../server/cache/chat-merge.ts";
import { framesOf } from "../../server/cache/chat-split.ts";

const text = fc.string({ minLength: 1 });
const logprob = fc.record({ token: text, logprob: fc.integer(), top_logprobs: fc.constant([]) });

const message = fc
  .record(
    {
      content: fc.option(text),
      refusal: text,
      reasoning_content: text,
      tool_calls: fc.array(
        fc.record({
          id: text,
          type: fc.constant("function"),
          function: fc.record({ name: text, arguments: text }),
        }),
        { minLength: 1, maxLength: 3 },
      ),
      annotations: fc.array(fc.record({ type: text }), { minLength: 1 }),
      thinking_blocks: fc.array(
        fc.oneof(
          fc.record({ type: fc.constant("thinking"), thinking: text, signature: text }),
          fc.record({ type: fc.constant("redacted_thinking"), data: text }),
        ),
        { minLength: 1 },
      ),
    },
    { requiredKeys: ["content"], noNullPrototype: true },
  )
  .map((said) => ({ role: "assistant", ...said }))
  // Without tool calls there is a text, if only an empty one.
  .map((said) => ("tool_calls" in said ? said : { ...said, content: said.content ?? "" }));

const completion = fc
  .record({
    choices: fc.array(
      fc.record({
        message,
        finish_reason: fc.constantFrom("stop", "length", "tool_calls"),
        logprobs: fc.option(fc.array(logprob, { minLength: 1 })),
      }),
      { minLength: 1, maxLength: 3 },
    ),
    usage: fc.record({ prompt_tokens: fc.nat(), completion_tokens: fc.nat() }),
    created: fc.nat(),
  })
  .map(({ choices, ...more }) => ({
    ...{ id: "chatcmpl-1", model: "chat", ...more },
    choices: choices.map(({ logprobs, ...choice }, index) => ({
      index,
      ...choice,
      // They tell of a text, so there has to be one.
      ...(logprobs && choice.message.content ? { logprobs: { content: logprobs } } : {}),
    })),
  }));

test("a completion that is told in frames and put together again is the same", () => {
  fc.assert(
    fc.property(completion, (whole) => {
      const frames = framesOf(whole, { withUsage: true });
      const { choices, usage, created } = whole;
      const together = completionOfStream([
        ...frames.map((frame) => JSON.stringify(frame)),
        "[DONE]",
      ]);
      expect(together).toEqual({ choices, usage, created });
    }),
  );
});

test("frames carry id, model and time of the completion, and usage only where it is asked for", () => {
  const whole = {
    ...{ id: "chatcmpl-7", created: 5, model: "chat", usage: { prompt_tokens: 1 } },
    choices: [{ index: 0, message: { role: "assistant", content: "Hi" }, finish_reason: "stop" }],
  };
  const head = { id: "chatcmpl-7", object: "chat.completion.chunk", created: 5, model: "chat" };
  const part = (delta: object, finish_reason: string | null = null) => ({
    ...head,
    choices: [{ index: 0, delta, finish_reason }],
  });
  const frames = [
    part({ role: "assistant", content: "" }),
    part({ content: "Hi" }),
    part({}, "stop"),
  ];
  expect(framesOf(whole, { withUsage: false })).toEqual(frames);
  expect(framesOf(whole, { withUsage: true })).toEqual([
    ...frames,
    { ...head, choices: [], usage: { prompt_tokens: 1 } },
  ]);
});

describe("the frames of a provider", () => {
  const merged = (...frames: object[]) =>
    completionOfStream(frames.map((frame) => JSON.stringify(frame)));
  const choice = (delta: object, more: object = {}) => ({
    choices: [{ index: 0, delta, ...more }],
  });

  test("add up text, and the arguments of tool calls by their place", () => {
    const call = (index: number, more: object) => choice({ tool_calls: [{ index, ...more }] });
    expect(
      merged(
        choice({ role: "assistant", content: "" }),
        call(0, { id: "a", type: "function", function: { name: "look", arguments: "" } }),
        call(0, { function: { arguments: '{"x":' } }),
        call(1, { id: "b", type: "function", function: { name: "go", arguments: "{}" } }),
        call(0, { function: { arguments: "1}" } }),
        choice({}, { finish_reason: "tool_calls" }),
      ),
    ).toMatchObject({
      choices: [
        {
          message: {
            content: null,
            tool_calls: [
              { id: "a", type: "function", function: { name: "look", arguments: '{"x":1}' } },
              { id: "b", type: "function", function: { name: "go", arguments: "{}" } },
            ],
          },
          finish_reason: "tool_calls",
        },
      ],
    });
  });

  test("have thinking in pieces, and each block whole where its signature comes", () => {
    const thought = (block: object) =>
      choice({ content: "", reasoning_content: "", thinking_blocks: [block] });
    const signed = { type: "thinking", thinking: "First, then.", signature: "s1" };
    const redacted = { type: "redacted_thinking", data: "d" };
    const frames = [
      thought({ type: "thinking", thinking: "First, " }),
      thought({ type: "thinking", thinking: "then." }),
    ];
    const blocksOf = (...more: object[]) => {
      const whole = merged(...frames, ...more, choice({}, { finish_reason: "stop" }));
      return (whole!["choices"] as { message: object }[])[0]!.message;
    };
    expect(blocksOf(thought(redacted), thought(signed))).toMatchObject({
      thinking_blocks: [redacted, signed],
    });
    expect(blocksOf(thought(signed), thought(redacted))).toMatchObject({
      thinking_blocks: [signed, redacted],
    });
    const unsigned = { type: "thinking", thinking: "First, then." };
    expect(blocksOf(thought(redacted))).toMatchObject({ thinking_blocks: [redacted, unsigned] });
  });

  test("of several choices that come mixed are kept apart", () => {
    const said = (index: number, content: string) => ({ choices: [{ index, delta: { content } }] });
    const whole = merged(said(1, "b1"), said(0, "a1"), said(1, "b2"), said(0, "a2"));
    const contents = (whole!["choices"] as { message: { content: string } }[]).map(
      ({ message: { content } }) => content,
    );
    expect(contents).toEqual(["a1a2", "b1b2"]);
  });

  test("with audio, or without any choice, come to nothing that could be told again", () => {
    expect(merged(choice({ audio: { data: "…" } }))).toBeUndefined();
    expect(merged({ usage: { prompt_tokens: 1 } })).toBeUndefined();
  });
});
