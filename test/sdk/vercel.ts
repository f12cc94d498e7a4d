import { createOpenAI } from "@ai-sdk/openai";
import { APICallError, generateText, jsonSchema, Output, stepCountIs, streamText, tool } from "ai";

const usage = { input_tokens: 1000, output_tokens: 100 };
const saying = (script: object) => `Please. #loopback ${JSON.stringify({ ...usage, ...script })}`;

interface Ticket {
  title: string;
  urgent: boolean;
}

/**
 * Vercel's AI SDK over either endpoint: a chat, a stream, a tool that is called and answered, an object by a schema, a model that is
 * busy at first, and one that refuses; all in one job. Responses are not kept, which it has to know before it answers a tool's call.
 */
export async function vercel(baseURL: string, apiKey: string, endpoint: "chat" | "responses") {
  const name = `vercel-${endpoint}`;
  const openai = createOpenAI({
    baseURL,
    apiKey,
    headers: { "X-Job-Ref": name, "X-Job-Type": name },
  });
  const model = openai[endpoint]("chat-fast");
  const providerOptions = endpoint === "chat" ? {} : { openai: { store: false } };

  const chat = await generateText({ model, prompt: saying({ text: "Hello there." }) });

  const stream = streamText({ model, prompt: saying({ text: "One two three four five." }) });
  const pieces: string[] = [];
  for await (const piece of stream.textStream) pieces.push(piece);
  if (pieces.length < 2) throw new Error("it came in one piece");

  const call = { name: "get_weather", arguments: { city: "Oslo" } };
  const weather = await generateText({
    model,
    prompt: saying({ tool_call: call }),
    providerOptions,
    tools: {
      get_weather: tool({
        description: "The weather of a city.",
        inputSchema: jsonSchema<{ city: string }>({
          type: "object",
          properties: { city: { type: "string" } },
          required: ["city"],
          additionalProperties: false,
        }),
        execute: ({ city }) => saying({ text: `It snows in ${city}.` }),
      }),
    },
    stopWhen: stepCountIs(2),
  });
  const called = weather.steps[0]?.toolCalls[0];

  const structured = await generateText({
    model,
    prompt: saying({ text: '{"title":"Export fails","urgent":true}' }),
    output: Output.object({
      schema: jsonSchema<Ticket>({
        type: "object",
        properties: { title: { type: "string" }, urgent: { type: "boolean" } },
        required: ["title", "urgent"],
        additionalProperties: false,
      }),
    }),
  });

  // By itself it tries again after two seconds.
  const busy = { status: 429, status_times: 1, retry_after: 3, error_message: name };
  const begunMs = performance.now();
  const retried = await generateText({ model, prompt: saying({ ...busy, text: "At last." }) });
  if (performance.now() - begunMs < 2_990) throw new Error("it did not wait");

  const refused = await generateText({ model, prompt: saying({ status: 400 }) }).then(
    () => undefined,
    (error: unknown) => APICallError.isInstance(error) && error.statusCode === 400,
  );

  return {
    chat: chat.text,
    stream: pieces.join(""),
    tool_call: { name: called?.toolName, arguments: called?.input },
    answer: weather.text,
    structured: structured.output,
    retried: retried.text,
    refused: refused === true ? "BadRequestError" : undefined,
  };
}
