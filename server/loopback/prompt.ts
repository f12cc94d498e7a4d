/** A request body as it came, and the text in it. */
export type Body = Readonly<Record<string, unknown>>;

/** All text of a prompt, for counting, and the last piece, which may carry a script. */
export interface Prompt {
  all: string;
  last: string;
}

/** Text of chat `messages`: each a string or parts of `{text}`; roles and images do not count. */
export function promptOfMessages(body: Body): Prompt {
  return joined(listOf(body.messages).map((message) => textOf(fieldOf(message, "content"))));
}

/** Text of the `input` of a response or an embedding: a string, strings, or items with content or a tool's output. */
export function promptOfInput(body: Body): Prompt {
  const { input } = body;
  const pieces = listOf(typeof input === "string" ? [input] : input).map((item) =>
    typeof item === "string"
      ? item
      : textOf(fieldOf(item, "content") ?? fieldOf(item, "output") ?? item),
  );
  return joined(typeof body.instructions === "string" ? [body.instructions, ...pieces] : pieces);
}

function joined(pieces: readonly string[]): Prompt {
  return { all: pieces.join(""), last: pieces.at(-1) ?? "" };
}

function textOf(content: unknown): string {
  if (typeof content === "string") return content;
  return listOf(content)
    .map((part) => {
      const text = fieldOf(part, "text");
      return typeof text === "string" ? text : "";
    })
    .join("");
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function fieldOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null
    ? (value as Record<string, unknown>)[name]
    : undefined;
}
