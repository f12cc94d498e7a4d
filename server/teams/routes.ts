import { teamBudgets } from "../budgets/usage.ts";
import type { Context } from "../context.ts";
import { toWalletView } from "../credits/entries.ts";
import { readWallet } from "../credits/wallet.ts";
import { type Operation, teamOperation } from "../http/operation.ts";
import { METADATA_LIMIT_BYTES } from "../jobs/limits.ts";
import { requireOwnTeam } from "../keys/own-team.ts";
import type { Limits } from "../limits/limits.ts";
import { toCallLimits } from "../limits/views.ts";
import type { TeamPrincipal } from "../keys/principal.ts";
import type { PlanCatalog } from "../pricing/catalog.ts";
import { inWords } from "../pricing/words.ts";
import { Me, OwnTeam, type OwnTeamView } from "./own-team.ts";
import { TeamIdParameter } from "./schema.ts";

const tag = "Team";

interface IdentityParts {
  context: Context;
  plans: PlanCatalog;
  limits: Pick<Limits, "used">;
}

/** Who a key is, and its team. */
export function identityOperations(parts: IdentityParts): readonly Operation[] {
  return [
    teamOperation(
      "GET",
      "/api/me",
      {
        operationId: "getMe",
        summary: "Who am I",
        description: "The key that was sent, and its team.",
        tag,
        success: { description: "Key and team.", schema: Me },
      },
      async ({ principal }) => ({
        key: {
          key_id: principal.keyId,
          name: principal.keyName,
          mode: principal.isTest ? ("test" as const) : ("live" as const),
        },
        team: await readOwnTeam(parts, principal),
      }),
    ),

    teamOperation(
      "GET",
      "/api/teams/:team_id",
      {
        operationId: "getTeam",
        summary: "Get the team",
        description: "State, wallet, plan and limits of the key's own team.",
        tag,
        params: { team_id: TeamIdParameter },
        success: { description: "The team.", schema: OwnTeam },
        problems: ["not_found"],
      },
      ({ principal, params: { team_id } }) => {
        requireOwnTeam(principal, team_id);
        return readOwnTeam(parts, principal);
      },
    ),
  ];
}

async function readOwnTeam(
  { context, plans, limits }: IdentityParts,
  principal: TeamPrincipal,
): Promise<OwnTeamView> {
  const { version } = await plans.inForce(principal, context.clock.now());
  return {
    team_id: principal.accountId,
    name: principal.teamName,
    // A suspended team's key has been refused.
    status: principal.teamStatus === "paused" ? "paused" : "active",
    resumes_at: principal.resumesAt,
    default_model: principal.defaultAlias,
    job_type_models: { ...principal.jobTypeAliases },
    plan: inWords(version.plan, "team"),
    limits: {
      metadata_bytes: METADATA_LIMIT_BYTES,
      calls: toCallLimits(await limits.used(principal)),
    },
    budgets: await teamBudgets(context, principal),
    wallet: toWalletView(await readWallet(context, principal.teamId)),
  };
}
