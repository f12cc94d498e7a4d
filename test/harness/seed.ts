import type { Context } from "../../server/context.ts";
import { creditsToMicros } from "../../server/kernel/money.ts";
import type { Upstream } from "../../server/litellm/upstream.ts";
import { addModel, type AddedModel, type AddModelInput } from "../../server/models/aliases.ts";
import { readGatewayConfig } from "../../server/models/gateway-config.ts";
import { createOrganization } from "../../server/organizations/organizations.ts";
import { createTeam } from "../../server/teams/teams.ts";

export interface SeededTeam {
  organizationId: string;
  teamId: string;
  walletId: string;
  keyId: string;
  /** The key itself, `sk-…`. */
  key: string;
}

let number = 0;

/** A team with a key, in an organization of its own unless one is named, made by the product's rules. */
export async function seedTeam(
  context: Context,
  options: {
    id?: string;
    organizationId?: string;
    credits?: number;
    groups?: readonly string[];
  } = {},
): Promise<SeededTeam> {
  number += 1;
  const id = options.id ?? `team-${number}`;
  const organizationId =
    options.organizationId ??
    (await createOrganization(context, { name: `Owner of ${id}` })).organizationId;
  const team = await createTeam(context, {
    name: id,
    id,
    organizationId,
    actor: "test",
    creditsMicros: options.credits === undefined ? undefined : creditsToMicros(options.credits),
    groups: options.groups,
  });
  const { teamId, walletId, key } = team;
  return { organizationId, teamId, walletId, keyId: key.keyId, key: key.secret };
}

/** An alias at 1 and 2 USD per million tokens, what the stand-in gateway charges too; the upstream serves it at once. */
export async function seedModel(
  context: Context,
  upstream: Upstream,
  options: Partial<AddModelInput> & { alias: string },
): Promise<AddedModel> {
  const model = await addModel(context, upstream, {
    model: `loopback-${options.alias}`,
    inputPrice: 1,
    outputPrice: 2,
    ...options,
  });
  upstream.apply(await readGatewayConfig(context));
  return model;
}
