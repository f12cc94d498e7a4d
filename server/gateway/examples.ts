/** Examples of the documents; the tests check that they fit their schemas. */

const messages = [
  { role: "system", content: "You summarize support tickets in one sentence." },
  {
    role: "user",
    content: "The export has been failing since Tuesday, and nobody has answered me.",
  },
];

export const jobCallExample = { messages, purpose: "summarize" };

export const createAndCallExample = { job_type: "ticket_summary", user_id: "user-42", messages };

export const openAiChatExample = { model: "chat-fast", messages };

const message = {
  role: "assistant",
  content: "The customer's export has failed since Tuesday and they are waiting for an answer.",
};

export const openAiCompletionExample = {
  id: "chatcmpl-019aaf3c-7b10-7d02-8a44-51c2a0b9e3f1",
  object: "chat.completion",
  created: 1795471079,
  model: "chat-fast",
  choices: [{ index: 0, message, finish_reason: "stop" }],
  usage: { prompt_tokens: 31, completion_tokens: 16, total_tokens: 47 },
};

export const completionExample = {
  ...openAiCompletionExample,
  job_id: "019aaf3c-6a80-7c11-9d1b-2f9d1b6d2a10",
  call_id: "019aaf3c-7b10-7d02-8a44-51c2a0b9e3f1",
};

const chunk = {
  id: openAiCompletionExample.id,
  object: "chat.completion.chunk",
  created: openAiCompletionExample.created,
  model: "chat-fast",
};

export const streamExample = [
  { ...chunk, choices: [{ index: 0, delta: { role: "assistant", content: "The customer's" } }] },
  { ...chunk, choices: [{ index: 0, delta: {}, finish_reason: "stop" }] },
  { ...chunk, choices: [], usage: openAiCompletionExample.usage },
]
  .map((frame) => `data: ${JSON.stringify(frame)}\n\n`)
  .concat("data: [DONE]\n\n")
  .join("");

export const embeddingsExample = { model: "embed-small", input: ["first text", "second text"] };

export const embeddingListExample = {
  object: "list",
  model: "embed-small",
  data: [
    { object: "embedding", index: 0, embedding: [0.0123, -0.0456, 0.0789] },
    { object: "embedding", index: 1, embedding: [0.0321, -0.0654, 0.0987] },
  ],
  usage: { prompt_tokens: 6, total_tokens: 6 },
};
