/** What becomes of each parameter that OpenAI publishes, by endpoint. */

export type Outcome =
  /** The provider gets exactly this. */
  | { passes: unknown[] }
  /** Ours: accepted, and not sent on. */
  | { ours: unknown[] }
  /** Refused, by the field and the words of the answer. */
  | { refused: [value: unknown, says: RegExp][] };

const tool = { type: "function", function: { name: "look_up", parameters: { type: "object" } } };
const image = { type: "image_url", image_url: { url: "data:image/png;base64,iVBORw0KGgo=" } };
const user = (content: unknown) => [{ role: "user", content }];
export const messages = user("Hello");

export const chat: Record<string, Outcome[]> = {
  messages: [
    {
      passes: [
        messages,
        [{ role: "developer", content: "Be brief." }, ...messages],
        [{ role: "system", content: [{ type: "text", text: "Be brief." }] }, ...messages],
        user([{ type: "text", text: "What is this?" }, image]),
        user([
          {
            type: "file",
            file: { filename: "a.pdf", file_data: "data:application/pdf;base64,eA==" },
          },
        ]),
        [
          ...messages,
          {
            role: "assistant",
            content: null,
            thinking_blocks: [{ type: "thinking", thinking: "Hm.", signature: "c2ln" }],
            tool_calls: [
              { id: "call_1", type: "function", function: { name: "a", arguments: "{}" } },
            ],
          },
          { role: "tool", tool_call_id: "call_1", content: "12 °C" },
        ],
      ],
    },
    {
      refused: [
        [
          user([{ type: "input_audio", input_audio: { data: "eA==", format: "wav" } }]),
          /price for audio/,
        ],
        [user([{ type: "file", file: { file_id: "file-1" } }]), /file_data/],
        [[{ role: "robot", content: "Hello" }], /role/],
      ],
    },
  ],
  model: [{ ours: ["fast"] }, { refused: [["gpt-5", /not a model that this team may use/]] }],
  audio: [{ refused: [[{ voice: "alloy", format: "wav" }, /costs more/]] }],
  frequency_penalty: [{ passes: [-2, 0.5] }, { refused: [[3, /at most 2|2/]] }],
  function_call: [{ passes: ["auto", { name: "look_up" }] }],
  functions: [{ passes: [[{ name: "look_up", parameters: { type: "object" } }]] }],
  logit_bias: [{ passes: [{ "50256": -100 }] }],
  logprobs: [{ passes: [true, false] }],
  max_completion_tokens: [{ passes: [100] }],
  max_tokens: [{ passes: [100] }],
  metadata: [{ ours: [{ ticket: "4711" }] }],
  modalities: [{ passes: [["text"]] }, { refused: [[["text", "audio"], /costs more/]] }],
  moderation: [{ refused: [[{ model: "omni-moderation-latest" }, /does not run here/]] }],
  n: [{ passes: [1, 4] }, { refused: [[0, /n/]] }],
  parallel_tool_calls: [{ passes: [true, false] }],
  prediction: [{ passes: [{ type: "content", content: "Hello there" }] }],
  presence_penalty: [{ passes: [-2, 0.5] }],
  prompt_cache_key: [{ passes: ["tickets"] }],
  prompt_cache_options: [{ passes: [{ mode: "explicit" }] }],
  prompt_cache_retention: [{ passes: ["24h"] }],
  reasoning_effort: [{ passes: ["none", "minimal", "low", "medium", "high", "xhigh"] }],
  response_format: [
    {
      passes: [
        { type: "text" },
        { type: "json_object" },
        {
          type: "json_schema",
          json_schema: {
            name: "answer",
            strict: true,
            schema: {
              type: "object",
              properties: { a: { type: "string" } },
              additionalProperties: false,
            },
          },
        },
      ],
    },
    { refused: [[{ type: "json_schema" }, /json_schema/]] },
  ],
  safety_identifier: [{ passes: ["user-1"] }],
  seed: [{ passes: [-1, 42] }],
  service_tier: [{ passes: ["auto", "default"] }, { refused: [["priority", /costs more/]] }],
  stop: [{ passes: ["END", ["a", "b", "c", "d"]] }],
  store: [{ ours: [true, false] }],
  stream: [{ ours: [false] }],
  stream_options: [{ ours: [{ include_usage: true }] }],
  temperature: [{ passes: [0, 2] }, { refused: [[2.5, /2/]] }],
  tool_choice: [
    {
      passes: [
        ...["none", "auto", "required"],
        { type: "function", function: { name: "look_up" } },
        { type: "allowed_tools", allowed_tools: { mode: "auto", tools: [tool] } },
      ],
    },
  ],
  tools: [
    {
      passes: [[tool], [{ type: "custom", custom: { name: "sql", format: { type: "text" } } }]],
    },
    { refused: [[[{ type: "web_search" }], /tools/]] },
  ],
  top_logprobs: [{ passes: [0, 20] }],
  top_p: [{ passes: [0, 1] }],
  user: [{ passes: ["user-1"] }],
  verbosity: [{ passes: ["low", "high"] }],
  web_search_options: [{ refused: [[{}, /costs more/]] }],
};

const functionTool = {
  type: "function",
  name: "look_up",
  parameters: { type: "object" },
  strict: true,
};
const inputImage = { type: "input_image", image_url: "https://example.com/a.png", detail: "low" };

export const responses: Record<string, Outcome[]> = {
  background: [{ ours: [false] }, { refused: [[true, /stream it/]] }],
  context_management: [{ refused: [[[{ type: "compaction" }], /send in `input`/]] }],
  conversation: [{ refused: [["conv_1", /send the items/]] }],
  include: [{ passes: [["reasoning.encrypted_content", "message.output_text.logprobs"]] }],
  input: [
    {
      passes: [
        "Hello",
        messages,
        user([{ type: "input_text", text: "What is this?" }, inputImage]),
        [
          { role: "user", content: "Weather?" },
          { type: "reasoning", id: "rs_1", summary: [], encrypted_content: "gAAA" },
          { type: "function_call", call_id: "call_1", name: "weather", arguments: "{}" },
          {
            type: "function_call_output",
            call_id: "call_1",
            output: [{ type: "input_text", text: "12" }],
          },
        ],
      ],
    },
    {
      refused: [
        [
          user([{ type: "input_audio", input_audio: { data: "eA==", format: "wav" } }]),
          /price for audio/,
        ],
        [user([{ type: "input_file", file_url: "https://example.com/a.pdf" }]), /file_data/],
        [[{ type: "item_reference", id: "msg_1" }], /send the item itself/],
      ],
    },
  ],
  instructions: [{ passes: ["Be brief."] }],
  max_output_tokens: [{ passes: [16, 100] }, { refused: [[15, /16/]] }],
  max_tool_calls: [{ passes: [3] }],
  metadata: [{ ours: [{ ticket: "4711" }] }],
  model: [{ ours: ["fast"] }],
  moderation: [{ refused: [[{ model: "omni-moderation-latest" }, /does not run here/]] }],
  parallel_tool_calls: [{ passes: [true, false] }],
  previous_response_id: [{ refused: [["resp_1", /send the earlier input/]] }],
  prompt: [{ refused: [[{ id: "pmpt_1" }, /instructions/]] }],
  prompt_cache_key: [{ passes: ["tickets"] }],
  prompt_cache_options: [{ passes: [{ mode: "explicit" }] }],
  prompt_cache_retention: [{ passes: ["24h"] }],
  reasoning: [{ passes: [{ effort: "low", summary: "auto" }] }],
  safety_identifier: [{ passes: ["user-1"] }],
  service_tier: [{ passes: ["auto", "default"] }, { refused: [["flex", /costs more/]] }],
  store: [{ ours: [false] }],
  stream: [{ ours: [false] }],
  stream_options: [{ passes: [{ include_obfuscation: false }] }],
  temperature: [{ passes: [0, 2] }],
  text: [
    {
      passes: [
        { format: { type: "json_schema", name: "a", schema: { type: "object" }, strict: true } },
        { format: { type: "text" }, verbosity: "low" },
      ],
    },
  ],
  tool_choice: [
    { passes: ["auto", { type: "function", name: "look_up" }] },
    { refused: [[{ type: "web_search_preview" }, /type function/]] },
  ],
  tools: [
    { passes: [[functionTool], [{ type: "custom", name: "sql" }]] },
    { refused: [[[{ type: "code_interpreter", container: { type: "auto" } }], /type function/]] },
  ],
  top_logprobs: [{ passes: [0, 20] }],
  top_p: [{ passes: [0.5] }],
  truncation: [{ passes: ["auto", "disabled"] }],
  user: [{ passes: ["user-1"] }],
};

export const embeddings: Record<string, Outcome[]> = {
  input: [{ passes: ["a", ["a", "b"], [1, 2], [[1], [2, 3]]] }],
  model: [{ ours: ["embed"] }],
  dimensions: [{ passes: [256] }],
  encoding_format: [{ passes: ["float", "base64"] }],
  user: [{ passes: ["user-1"] }],
};
