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
