import type { Context } from "../context.ts";
import { type Operation, teamOperation } from "../http/operation.ts";
import { requireOwnTeam } from "../keys/own-team.ts";
import { TeamIdParameter } from "../teams/schema.ts";
import { listEntries, toWalletView } from "./entries.ts";
import { LedgerPage, LedgerQuery, TeamWallet } from "./schema.ts";
import { readWallet } from "./wallet.ts";

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
        description: "Balance, what is held, and what new work may use.",
        tag,
        params,
        success: { description: "The wallet.", schema: TeamWallet },
        problems: ["not_found"],
      },
      async ({ principal, params: { team_id } }) => {
        requireOwnTeam(principal, team_id);
        return { team_id, ...toWalletView(await readWallet(context, team_id)) };
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
        return listEntries(context, principal.walletId, query);
      },
    ),
  ];
}
