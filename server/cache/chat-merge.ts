type Fields = Record<string, unknown>;

interface Choice {
  message: Fields;
  thinking: Thinking;
  toolCalls: Map<unknown, Fields>;
  logprobs: Fields | undefined;
  finishReason: unknown;
}

/**
 * The `chat.completion` that the events of a stream tell together; undefined when they hold something that does not add up, such as
 * audio, or do not come to an end.
 */
export function completionOfStream(events: readonly string[]): Fields | undefined {
  const completion: Fields = {};
  const choices = new Map<unknown, Choice>();
  for (const event of events) {
    if (event === "[DONE]") continue;
    const frame = JSON.parse(event) as Fields;
    for (const name of ["created", "usage", "service_tier"]) {
      completion[name] = frame[name] ?? completion[name];
    }
    for (const part of recordsOf(frame["choices"])) {
      if (!add(part, choices)) return undefined;
    }
  }
  const whole = [...choices].sort(([one], [other]) => Number(one) - Number(other));
  if (whole.length === 0) return undefined;
  return { ...completion, choices: whole.map(([index, choice]) => toChoice(index, choice)) };
}

/** Adds what one frame says of a choice; false = it cannot be added. */
function add(part: Fields, choices: Map<unknown, Choice>): boolean {
  const index = part["index"] ?? 0;
  let choice = choices.get(index);
  if (!choice) {
    choice = {
      message: {},
      thinking: new Thinking(),
      toolCalls: new Map(),
      logprobs: undefined,
      finishReason: null,
    };
    choices.set(index, choice);
  }
  choice.finishReason = part["finish_reason"] ?? choice.finishReason;
  const { logprobs } = part;
  if (isFields(logprobs)) {
    choice.logprobs ??= {};
    if (!addLists(choice.logprobs, logprobs)) return false;
  }
  const { delta } = part;
  return !isFields(delta) || addDelta(choice, delta);
}

/** The blocks of thinking: LiteLLM sends pieces of one, and then the whole of it again with its signature. */
class Thinking {
  readonly #whole: Fields[] = [];
  #pieces = "";

  add(block: Fields): void {
    const { signature, thinking } = block;
    if (typeof thinking === "string" && typeof signature !== "string") this.#pieces += thinking;
    else {
      this.#whole.push(block);
      if (typeof signature === "string") this.#pieces = "";
    }
  }

  blocks(): Fields[] {
    if (this.#pieces === "") return this.#whole;
    return [...this.#whole, { type: "thinking", thinking: this.#pieces }];
  }
}

const texts = ["content", "refusal", "reasoning_content"];

function addDelta({ message, thinking, toolCalls }: Choice, delta: Fields): boolean {
  if ((delta["audio"] ?? null) !== null) return false;
  message["role"] ??= delta["role"];
  for (const name of texts) {
    const text = delta[name] ?? undefined;
    if (text === undefined) continue;
    if (typeof text !== "string") return false;
    append(message, name, text);
  }
  if (isFields(delta["function_call"])) {
    addTexts(fieldsAt(message, "function_call"), delta["function_call"]);
  }
  if (Array.isArray(delta["annotations"])) {
    addLists(message, { annotations: delta["annotations"] });
  }
  for (const block of recordsOf(delta["thinking_blocks"])) thinking.add(block);
  for (const [position, call] of recordsOf(delta["tool_calls"]).entries()) {
    const index = call["index"] ?? position;
    const known = toolCalls.get(index) ?? {};
    toolCalls.set(index, known);
    known["id"] ??= call["id"];
    known["type"] ??= call["type"];
    for (const kind of ["function", "custom"]) {
      if (isFields(call[kind])) addTexts(fieldsAt(known, kind), call[kind]);
    }
  }
  return true;
}

function toChoice(index: unknown, choice: Choice): Fields {
  const { message, toolCalls, logprobs, finishReason } = choice;
  const thinking = choice.thinking.blocks();
  return {
    index,
    message: {
      role: "assistant",
      content: null,
      ...message,
      ...(thinking.length > 0 ? { thinking_blocks: thinking } : {}),
      // As the same answer without streaming has it: text beside tool calls only where there is some.
      ...(toolCalls.size > 0 && message["content"] === "" ? { content: null } : {}),
      ...(toolCalls.size > 0 ? { tool_calls: [...toolCalls.values()] } : {}),
    },
    finish_reason: finishReason,
    ...(logprobs ? { logprobs } : {}),
  };
}

function addLists(to: Fields, from: Fields): boolean {
  for (const [name, list] of Object.entries(from)) {
    if (list === null) to[name] ??= null;
    else if (Array.isArray(list)) {
      to[name] = [...((to[name] as unknown[] | null | undefined) ?? []), ...(list as unknown[])];
    } else return false;
  }
  return true;
}

function addTexts(to: Fields, from: Fields): void {
  for (const [name, text] of Object.entries(from)) {
    if (typeof text === "string") append(to, name, text);
  }
}

function append(to: Fields, name: string, text: string): void {
  const before = to[name];
  to[name] = typeof before === "string" ? before + text : text;
}

function fieldsAt(of: Fields, name: string): Fields {
  const known = of[name];
  if (isFields(known)) return known;
  const made: Fields = {};
  of[name] = made;
  return made;
}

const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const recordsOf = (list: unknown): Fields[] => (Array.isArray(list) ? list.filter(isFields) : []);
