type Fields = Readonly<Record<string, unknown>>;

/**
 * The frames of a stream that tells a whole `chat.completion`, in OpenAI's order: for each choice who speaks, what is said, the
 * tool calls, how it ended. With usage it stands in a last frame without choices.
 */
export function framesOf(completion: Fields, options: { withUsage: boolean }): Fields[] {
  const { id, created, model, choices, usage } = completion;
  const head = { id, object: "chat.completion.chunk", created, model };
  const frames = (choices as Fields[]).flatMap((choice) =>
    partsOf(choice).map((part) => ({ ...head, choices: [part] })),
  );
  if (!options.withUsage || usage === undefined) return frames;
  return [...frames, { ...head, choices: [], usage }];
}

const textNames = ["reasoning_content", "content", "refusal"];
const wholeNames = ["thinking_blocks", "annotations", "audio", "function_call"];

function partsOf(choice: Fields): Fields[] {
  const { index, finish_reason: finishReason, logprobs = null } = choice;
  const message = choice["message"] as Fields;
  const part = (delta: Fields, more: Fields = {}) => ({
    index,
    delta,
    finish_reason: null,
    ...more,
  });
  const said = [...textNames, ...wholeNames].flatMap((name) => {
    const value = message[name] ?? "";
    if (value === "") return [];
    // The probabilities belong to the text that was asked for.
    return [part({ [name]: value }, name === spoken(message) && logprobs ? { logprobs } : {})];
  });
  const calls = (message["tool_calls"] as Fields[] | undefined) ?? [];
  return [
    part({ role: message["role"] ?? "assistant", content: calls.length > 0 ? null : "" }),
    ...said,
    ...calls.map((call, position) => part({ tool_calls: [{ index: position, ...call }] })),
    { index, delta: {}, finish_reason: finishReason },
  ];
}

/** The field that log probabilities tell of. */
const spoken = ({ content }: Fields) => ((content ?? "") === "" ? "refusal" : "content");
