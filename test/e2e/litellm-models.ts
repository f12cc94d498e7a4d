import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, createServer } from "node:net";
import { systemAuthor } from "../../server/audit/audit.ts";
import type { Context } from "../../server/context.ts";
import type { Upstream } from "../../server/litellm/upstream.ts";
import { changeModel, readModel } from "../../server/models/alias-changes.ts";
import { readGatewayConfig } from "../../server/models/gateway-config.ts";
import type { TargetInput } from "../../server/models/targets.ts";
import { dear } from "../gateway/fault-path.ts";
import { seedModel } from "../harness.ts";

/** Aliases that a real LiteLLM serves from a provider at this base URL; nothing is tried again unless a test says so. */
export function realModels(context: Context, upstream: Upstream, apiBase: string) {
  const credentialOf = async (alias: string) =>
    (await readModel(context, alias)).targets[0]!.credential_id;
  return {
    credentialOf,
    add: (alias: string, more: Partial<TargetInput> & { apiBase?: string } = {}) =>
      seedModel(context, upstream, {
        ...{ alias, model: "openai/loopback-chat", apiBase, apiKey: "provider" },
        ...{ retries: 0, ...dear, ...more },
      }),
    /** One more target beside the first, at the same credential unless another is named. */
    addTarget: async (alias: string, more: Partial<TargetInput>): Promise<void> => {
      const { targets } = await readModel(context, alias);
      const { target_id: targetId, model, credential_id: credentialId, weight } = targets[0]!;
      const of = { model, credentialId, retries: 0, ...dear };
      const change = {
        alias,
        targets: [
          { ...of, targetId, weight },
          { ...of, ...more },
        ],
      };
      await changeModel(context, upstream, systemAuthor, change);
      upstream.apply(await readGatewayConfig(context));
    },
  };
}

/** A provider that takes connections and breaks them. */
export async function brokenProvider() {
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    socket.destroy();
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  return {
    apiBase: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    connections: () => connections,
    stop: () => new Promise((closed) => server.close(closed)),
  };
}

/** A provider that answers with the statuses that it is told, one a request; 200 is a whole answer, plain or streamed. */
export async function refusingProvider() {
  const statuses: number[] = [];
  const server = createHttpServer((request, response) => {
    void readAll(request).then((body) => {
      const status = statuses.shift() ?? 500;
      const isStream = (JSON.parse(body) as { stream?: boolean }).stream === true;
      const type = status === 200 && isStream ? "text/event-stream" : "application/json";
      response.writeHead(status, { "content-type": type });
      response.end(status === 200 ? answer(isStream) : '{"error":{"message":"no"}}');
    });
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  return {
    apiBase: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    next: (...more: number[]) => statuses.splice(0, statuses.length, ...more),
    stop: () => {
      server.closeAllConnections();
      return new Promise((closed) => server.close(closed));
    },
  };
}

async function readAll(request: AsyncIterable<Uint8Array>): Promise<string> {
  const pieces = [];
  for await (const piece of request) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}

function answer(isStream: boolean): string {
  const of = { id: "chatcmpl-1", created: 1, model: "loopback-chat" };
  const usage = { prompt_tokens: 40, completion_tokens: 60, total_tokens: 100 };
  const said = { role: "assistant", content: "Yes." };
  const choice = { index: 0, finish_reason: "stop" };
  if (!isStream) {
    const choices = [{ ...choice, message: said }];
    return JSON.stringify({ ...of, object: "chat.completion", choices, usage });
  }
  const chunks = [
    { ...of, object: "chat.completion.chunk", choices: [{ ...choice, delta: said }] },
    { ...of, object: "chat.completion.chunk", choices: [], usage },
  ];
  return `${chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`).join("")}data: [DONE]\n\n`;
}
