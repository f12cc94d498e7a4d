import type { Endpoint } from "../../pricing/terms.ts";
import { isRecord } from "../usage.ts";

/** What a request consists of for its model: texts to count, and tokens that are known without. */
export interface PromptParts {
  texts: readonly string[];
  tokens: number;
}

/** Each message is framed by three tokens, and three more begin the answer; a name costs one beside itself. */
const TOKENS_OF_FRAME = 3;
const TOKENS_OF_NAME = 1;
/** An image of 1,024 × 1,024: 85 and 170 for each of four tiles; `low` has the 85 only. */
const TOKENS_OF_IMAGE = 765;
const TOKENS_OF_SMALL_IMAGE = 85;
/** A sound of some 100 seconds, or a file of a page or two. */
const TOKENS_OF_OTHER_MEDIA = 1_000;

/**
 * The prompt of a call by its parameters, counted as OpenAI's cookbook does ("How to count tokens
 * with tiktoken"): exact for text at its models, near for tools, and a fixed number for an image or a sound.
 */
export function promptParts(
  endpoint: Endpoint,
  parameters: Readonly<Record<string, unknown>>,
): PromptParts {
  const prompt = new Prompt();
  const { messages, input, instructions, tools } = parameters;
  if (endpoint === "embeddings") prompt.plain(input);
  else if (endpoint === "chat") prompt.chat(listOf(messages));
  else {
    const items = typeof input === "string" ? [{ role: "user", content: input }] : listOf(input);
    const system = { role: "system", content: instructions };
    prompt.chat(typeof instructions === "string" ? [system, ...items] : items);
  }
  prompt.tools(listOf(tools));
  return prompt;
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

class Prompt implements PromptParts {
  readonly texts: string[] = [];
  tokens = 0;

  chat(messages: readonly unknown[]): void {
    for (const message of messages) {
      this.tokens += TOKENS_OF_FRAME;
      if (!isRecord(message)) continue;
      if (typeof message["name"] === "string" && message["arguments"] === undefined) {
        this.texts.push(message["name"]);
        this.tokens += TOKENS_OF_NAME;
      }
      this.#text(message["role"]);
      this.texts.push(...writtenTexts(message));
      for (const name of ["content", "output", "summary"]) this.#media(message[name]);
    }
    this.tokens += TOKENS_OF_FRAME;
  }

  /** A text, several, or texts that are tokens already. */
  plain(input: unknown): void {
    if (!Array.isArray(input)) return this.#text(input);
    for (const item of input) {
      if (typeof item === "number") this.tokens += 1;
      else this.plain(item);
    }
  }

  /** The framing of functions is not published; these figures are the cookbook's. */
  tools(tools: readonly unknown[]): void {
    for (const tool of tools.filter(isRecord)) {
      const { name, description, parameters } = isRecord(tool["function"])
        ? tool["function"]
        : tool;
      this.tokens += 7;
      this.texts.push(`${plain(name)}:${plain(description)}`);
      const properties = isRecord(parameters) ? parameters["properties"] : undefined;
      if (!isRecord(properties) || Object.keys(properties).length === 0) continue;
      this.tokens += 3;
      for (const [key, property] of Object.entries(properties)) this.#property(key, property);
    }
    if (tools.length > 0) this.tokens += 12;
  }

  #property(key: string, property: unknown): void {
    this.tokens += 3;
    if (!isRecord(property)) return void this.texts.push(key);
    const { type, description, enum: choices, ...rest } = property;
    if (Array.isArray(choices)) {
      this.tokens += 3 * choices.length - 3;
      this.texts.push(...choices.map(String));
    }
    this.texts.push(`${key}:${plain(type)}:${plain(description)}`);
    if (Object.keys(rest).length > 0) this.texts.push(JSON.stringify(rest));
  }

  #text(text: unknown): void {
    if (typeof text === "string") this.texts.push(text);
  }

  #media(parts: unknown): void {
    if (!Array.isArray(parts)) return;
    for (const part of parts) {
      if (!isRecord(part) || textOf(part) !== undefined) continue;
      const image = part["image_url"];
      const detail = isRecord(image) ? image["detail"] : part["detail"];
      if (image === undefined) this.tokens += TOKENS_OF_OTHER_MEDIA;
      else this.tokens += detail === "low" ? TOKENS_OF_SMALL_IMAGE : TOKENS_OF_IMAGE;
    }
  }
}

const plain = (text: unknown) => (typeof text === "string" ? text.replace(/\.$/, "") : "");

/** The texts of a message, or of an item of a response: content, reasoning, refusal, calls of tools and what they gave. */
export function writtenTexts(message: Readonly<Record<string, unknown>>): string[] {
  const texts: string[] = [];
  const add = (text: unknown) => {
    if (typeof text === "string" && text !== "") texts.push(text);
  };
  for (const name of [
    "reasoning_content",
    "refusal",
    "arguments",
    "content",
    "summary",
    "output",
  ]) {
    const value = message[name];
    if (name === "arguments" && typeof value === "string") add(message["name"]);
    if (Array.isArray(value)) for (const part of value) add(isRecord(part) ? textOf(part) : part);
    else add(value);
  }
  const calls: unknown = message["tool_calls"];
  for (const call of Array.isArray(calls) ? calls.filter(isRecord) : []) {
    for (const form of [call["function"], call["custom"]]) {
      if (!isRecord(form)) continue;
      for (const name of ["name", "arguments", "input"]) add(form[name]);
    }
  }
  return texts;
}

function textOf(part: Record<string, unknown>): string | undefined {
  const text = part["text"] ?? part["refusal"];
  return typeof text === "string" ? text : undefined;
}
