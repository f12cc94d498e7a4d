/** How a provider is asked for its list of models, which needs a valid key and costs nothing. */
interface ModelList {
  /** LiteLLM's own base URL of the provider; undefined = it has none, the credential names it. */
  base: string | undefined;
  path: string;
  headers: (key: string) => Record<string, string>;
}

const bearer = (key: string) => ({ authorization: `Bearer ${key}` });

const likeOpenAi = (base: string | undefined, path = "/models"): ModelList => ({
  base,
  path,
  headers: bearer,
});

/** By the name that LiteLLM model strings begin with. */
const lists: Readonly<Record<string, ModelList>> = {
  openai: likeOpenAi("https://api.openai.com/v1"),
  anthropic: {
    base: "https://api.anthropic.com",
    path: "/v1/models",
    headers: (key) => ({ "x-api-key": key, "anthropic-version": "2023-06-01" }),
  },
  gemini: {
    base: "https://generativelanguage.googleapis.com",
    path: "/v1beta/models",
    headers: (key) => ({ "x-goog-api-key": key }),
  },
  azure: {
    base: undefined,
    path: "/openai/models?api-version=2024-10-21",
    headers: (key) => ({ "api-key": key }),
  },
  mistral: likeOpenAi("https://api.mistral.ai/v1"),
  groq: likeOpenAi("https://api.groq.com/openai/v1"),
  deepseek: likeOpenAi("https://api.deepseek.com"),
  // Its list of models is public; this tells of the key.
  openrouter: likeOpenAi("https://openrouter.ai/api/v1", "/key"),
  together_ai: likeOpenAi("https://api.together.xyz/v1"),
  fireworks_ai: likeOpenAi("https://api.fireworks.ai/inference/v1"),
  xai: likeOpenAi("https://api.x.ai/v1"),
  cohere: likeOpenAi("https://api.cohere.com", "/v1/models"),
  cerebras: likeOpenAi("https://api.cerebras.ai/v1"),
  hosted_vllm: likeOpenAi(undefined),
  ollama: likeOpenAi("http://localhost:11434", "/api/tags"),
};

/** The request that tells whether a provider takes a key; undefined = none is known. */
export function freeQuestion(
  provider: string,
  credential: { apiBase: string | null; key: string | null },
): { url: string; headers: Record<string, string> } | undefined {
  // With a base URL of its own, a provider that is not known most likely speaks as OpenAI does.
  const list = Object.hasOwn(lists, provider) ? lists[provider]! : likeOpenAi(undefined);
  const base = (credential.apiBase ?? list.base)?.replace(/\/+$/, "");
  if (base === undefined) return undefined;
  return {
    url: `${base}${list.path}`,
    headers: credential.key === null ? {} : list.headers(credential.key),
  };
}
