/** Examples of the document; the tests check that they fit their schemas. */

export const responseRequestExample = {
  model: "chat-fast",
  instructions: "You summarize support tickets in one sentence.",
  input: "The export has been failing since Tuesday, and nobody has answered me.",
};

const text = "The customer's export has failed since Tuesday and they are waiting for an answer.";

const item = {
  id: "msg_68ad1f",
  type: "message",
  status: "completed",
  role: "assistant",
  content: [{ type: "output_text", text, annotations: [] }],
};

export const responseExample = {
  id: "resp_019aaf3c-7b10-7d02-8a44-51c2a0b9e3f1",
  object: "response",
  created_at: 1795471079,
  status: "completed",
  error: null,
  incomplete_details: null,
  instructions: responseRequestExample.instructions,
  model: "chat-fast",
  output: [item],
  previous_response_id: null,
  store: false,
  metadata: {},
  usage: {
    input_tokens: 31,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens: 16,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: 47,
  },
};

const place = { item_id: item.id, output_index: 0, content_index: 0 };

export const responseStreamExample = [
  {
    type: "response.created",
    response: { ...responseExample, status: "in_progress", output: [], usage: null },
  },
  { type: "response.output_item.added", output_index: 0, item: { ...item, content: [] } },
  { type: "response.output_text.delta", ...place, delta: text },
  { type: "response.output_item.done", output_index: 0, item },
  { type: "response.completed", response: responseExample },
]
  .map((event, index) => ({ ...event, sequence_number: index }))
  .map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)
  .join("");
