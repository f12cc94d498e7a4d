import { chatCompletion, chatFrames, type Identity } from "./chat.ts";
import { deliverJson, deliverStream } from "./delivery.ts";
import { embeddings } from "./embeddings.ts";
import type { Exchange } from "./exchange.ts";
import { costOf, gatewayHeaders, type StandInPrice } from "./gateway.ts";
import { promptOfInput, promptOfMessages, type Body, type Prompt } from "./prompt.ts";
import { response, responseFrames } from "./responses.ts";
import type { Script } from "./script.ts";
import { replyTo } from "./usage.ts";

/** All that an answer depends on. */
export interface Question {
  exchange: Exchange;
  body: Body;
  prompt: Prompt;
  script: Script;
  identity: Identity;
  /** Undefined: a provider, which reports no cost. */
  price: StandInPrice | undefined;
}

export interface Endpoint {
  promptOf(body: Body): Prompt;
  answer(question: Question): Response;
}

type Answer = Endpoint["answer"];

const chat: Answer = ({ exchange, body, prompt, script, identity, price }) => {
  const reply = replyTo(prompt, body, script);
  const cost = price && costOf(reply.usage, price);
  if (body.stream === true) {
    const headers = cost === undefined ? {} : gatewayHeaders(0);
    const frames = chatFrames(identity, reply, script, body, cost);
    return deliverStream(exchange, frames, script, headers);
  }
  const headers = cost === undefined ? {} : gatewayHeaders(cost);
  // LiteLLM tells the cost of a plain answer in its header alone.
  const answer = chatCompletion(identity, reply, script, body);
  return deliverJson(exchange, answer, script, headers);
};

const responses: Answer = ({ exchange, body, prompt, script, identity, price }) => {
  const reply = replyTo(prompt, body, script);
  const cost = price && costOf(reply.usage, price);
  if (body.stream === true) {
    const headers = cost === undefined ? {} : gatewayHeaders(0);
    return deliverStream(exchange, responseFrames(identity, reply, script, cost), script, headers);
  }
  const headers = cost === undefined ? {} : gatewayHeaders(cost);
  return deliverJson(exchange, response(identity, reply, script), script, headers);
};

const embed: Answer = ({ exchange, body, script, identity, price }) => {
  const answer = embeddings(body, identity.model, script);
  const usage = { input: answer.usage.prompt_tokens, cached: 0, output: 0, reasoning: 0 };
  const headers = price === undefined ? {} : gatewayHeaders(costOf(usage, price));
  return deliverJson(exchange, answer, script, headers);
};

/** What is answered, by path without `/v1`. */
export const endpoints: Readonly<Record<string, Endpoint>> = {
  "/chat/completions": { promptOf: promptOfMessages, answer: chat },
  "/embeddings": { promptOf: promptOfInput, answer: embed },
  "/responses": { promptOf: promptOfInput, answer: responses },
};
