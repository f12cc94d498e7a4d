import type { Context } from "../context.ts";
import { idempotencyClaim } from "../http/idempotency.ts";
import { type Operation, teamOperation } from "../http/operation.ts";
import { requireLiveKey, requireOwnTeam } from "../keys/own-team.ts";
import { TeamIdParameter } from "../teams/schema.ts";
import { listTeamEntries, toOpenGrant, toWalletView } from "./entries.ts";
import { once } from "./once.ts";
import { LedgerPage, LedgerQuery, TeamWallet } from "./schema.ts";
import { CodeRedeem, Redeemed } from "./top-up-schema.ts";
import { redeemCode } from "./top-ups.ts";
import { readWalletWithGrants } from "./wallet.ts";

const tag = "Team";
const params = { team_id: TeamIdParameter };

/** A team's own wallet and ledger. */
export function creditOperations(context: Context): readonly Operation[] {
  return [
    teamOperation(
      "GET",
      "/api/teams/:team_id/credits",
      {
        operationId: "getCredits",
        summary: "Get the wallet",
        description:
          "Balance, what is held, what new work may use, and the credits that it is made of with their expiry.",
        tag,
        params,
        success: { description: "The wallet.", schema: TeamWallet },
        problems: ["not_found"],
      },
      async ({ principal, params: { team_id } }) => {
        requireOwnTeam(principal, team_id);
        const { wallet, grants } = await readWalletWithGrants(context, principal.teamId);
        return { team_id, ...toWalletView(wallet), grants: grants.map(toOpenGrant) };
      },
    ),

    teamOperation(
      "GET",
      "/api/teams/:team_id/credits/transactions",
      {
        operationId: "listCreditTransactions",
        summary: "List ledger entries",
        description: "Every change of the balance, newest first. Entries never change.",
        tag,
        params,
        query: LedgerQuery,
        success: { description: "A page of entries.", schema: LedgerPage },
        problems: ["not_found"],
      },
      ({ principal, params: { team_id }, query }) => {
        requireOwnTeam(principal, team_id);
        return listTeamEntries(context, principal.teamId, query);
      },
    ),

    teamOperation(
      "POST",
      "/api/teams/:team_id/credits/redeem",
      {
        operationId: "redeemTopUpCode",
        summary: "Redeem a top-up code",
        description:
          "Adds the code's credits to the wallet, once. The same code sent again by the same team answers the same entry. A test key is refused: a code is worth money.",
        tag,
        params,
        body: CodeRedeem,
        idempotent: true,
        success: { description: "The ledger entry.", schema: Redeemed },
        problems: ["not_found", "state_conflict", "live_key_required"],
      },
      ({ principal, params: { team_id }, body, request }) => {
        requireOwnTeam(principal, team_id);
        requireLiveKey(principal);
        const claim = idempotencyClaim({ principalId: principal.teamId, request, body });
        return once(context, claim, 200, (transaction) =>
          redeemCode(context, transaction, principal, body.code),
        );
      },
    ),
  ];
}
