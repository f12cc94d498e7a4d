import type { Choice } from "../base/select.tsx";
import { setup } from "../strings/setup.ts";

/** A server that speaks OpenAI's API: its models are `openai/…` with a base URL. */
export const compatible = "compatible";

/** What is asked first, by the name that model strings begin with. The price book has hundreds more. */
export const providers: readonly Choice[] = [
  { value: "openai", label: "OpenAI" },
  { value: "anthropic", label: "Anthropic" },
  { value: "gemini", label: "Google Gemini" },
  { value: "mistral", label: "Mistral" },
  { value: "deepseek", label: "DeepSeek" },
  { value: "groq", label: "Groq" },
  { value: "openrouter", label: "OpenRouter" },
  { value: "xai", label: "xAI" },
  {
    value: compatible,
    label: "OpenAI-compatible server",
    note: setup.ownServer,
  },
];

export const nameOf = (provider: string): string =>
  providers.find(({ value }) => value === provider)?.label ?? provider;

/** What the test of a key asks, and how model strings of the provider begin. */
export const prefixOf = (provider: string): string =>
  provider === compatible ? "openai" : provider;
