import { requireTeamId } from "../teams/unknown-team.ts";
import { Type } from "@sinclair/typebox";
import { authorOf } from "../audit/audit.ts";
import type { Context } from "../context.ts";
import { idempotencyClaim } from "../http/idempotency.ts";
import { adminOperation, type Operation } from "../http/operation.ts";
import { type Amount, microsToCredits } from "../kernel/money.ts";
import { creditsAmount } from "./amounts.ts";
import { walletChangeOperations } from "./change-routes.ts";
import { WalletPatch } from "./change-schema.ts";
import { listGrants, listLedger, toOpenGrant, toWalletView } from "./entries.ts";
import { once } from "./once.ts";
import { Refill, RefillCreate, RefillPage, RefillQuery, RefillStop } from "./refill-schema.ts";
import { createRefill, listRefills, stopRefill } from "./refills.ts";
import { AdminLedgerPage, AdminWallet, GrantPage, GrantQuery, LedgerQuery } from "./schema.ts";
import { topUpOperations } from "./top-up-routes.ts";
import { changeWalletSettings, readWalletWithGrants } from "./wallet.ts";

const tag = "Wallets";
const params = { team_id: Type.String({ description: "Id of a team.", examples: ["routing"] }) };

/** Wallets, refills and top-up codes as the operator manages them. */
export function walletOperations(context: Context): readonly Operation[] {
  return [
    ...readingOperations(context),
    ...walletChangeOperations(context),
    ...refillOperations(context),
    ...topUpOperations(context),
  ];
}

function readingOperations(context: Context): readonly Operation[] {
  const view = async (teamId: string) => {
    const { wallet, grants } = await readWalletWithGrants(context, teamId);
    const threshold = wallet.lowBalanceThreshold;
    return {
      team_id: teamId,
      ...toWalletView(wallet),
      low_balance_threshold: threshold === null ? null : microsToCredits(threshold),
      version: wallet.version,
      grants: grants.map(toOpenGrant),
    };
  };
  return [
    adminOperation(
      "GET",
      "/api/teams/:team_id/wallet",
      {
        operationId: "getWallet",
        needs: "viewer",
        summary: "Get a wallet",
        description: "With what is left of its grants, in the order in which they are used up.",
        tag,
        params,
        success: { description: "The wallet.", schema: AdminWallet },
        problems: ["not_found"],
      },
      ({ params: { team_id } }) => view(requireTeamId(team_id)),
    ),

    adminOperation(
      "PATCH",
      "/api/teams/:team_id/wallet",
      {
        operationId: "changeWallet",
        needs: "billing",
        summary: "Set credit limit and low-balance threshold",
        description: "An absent field stays as it is.",
        tag,
        params,
        body: WalletPatch,
        success: { description: "The wallet.", schema: AdminWallet },
        problems: ["not_found", "amount_invalid", "version_conflict"],
      },
      async (input) => {
        const { credit_limit, low_balance_threshold, reason, version } = input.body;
        const teamId = requireTeamId(input.params.team_id);
        await changeWalletSettings(context, authorOf(input), {
          teamId,
          creditLimit: amountOrNull(credit_limit, "credit_limit"),
          lowBalanceThreshold: amountOrNull(low_balance_threshold, "low_balance_threshold"),
          reason,
          version,
        });
        return view(teamId);
      },
    ),

    adminOperation(
      "GET",
      "/api/teams/:team_id/wallet/entries",
      {
        operationId: "listWalletEntries",
        needs: "viewer",
        summary: "List the entries of a ledger",
        description: "Newest first, with who made them. Entries never change.",
        tag,
        params,
        query: LedgerQuery,
        success: { description: "A page of entries.", schema: AdminLedgerPage },
        problems: ["not_found"],
      },
      ({ params: { team_id }, query }) => listLedger(context, requireTeamId(team_id), query),
    ),

    adminOperation(
      "GET",
      "/api/teams/:team_id/wallet/grants",
      {
        operationId: "listGrants",
        needs: "viewer",
        summary: "List grants",
        description: "Credits that were given and what is left of them, newest first.",
        tag,
        params,
        query: GrantQuery,
        success: { description: "A page of grants.", schema: GrantPage },
        problems: ["not_found"],
      },
      ({ params: { team_id }, query }) => listGrants(context, requireTeamId(team_id), query),
    ),
  ];
}

function refillOperations(context: Context): readonly Operation[] {
  return [
    adminOperation(
      "GET",
      "/api/teams/:team_id/wallet/refills",
      {
        operationId: "listRefills",
        needs: "viewer",
        summary: "List refills",
        description: "Newest first, stopped ones too.",
        tag,
        params,
        query: RefillQuery,
        success: { description: "A page of refills.", schema: RefillPage },
        problems: ["not_found"],
      },
      ({ params: { team_id }, query }) => listRefills(context, requireTeamId(team_id), query),
    ),

    adminOperation(
      "POST",
      "/api/teams/:team_id/wallet/refills",
      {
        operationId: "createRefill",
        needs: "billing",
        summary: "Create a refill",
        description:
          "Gives the team credits every period. A period that was missed is not made up.",
        tag,
        params,
        body: RefillCreate,
        idempotent: true,
        success: { status: 201, description: "The refill.", schema: Refill },
        problems: ["not_found", "amount_invalid", "state_conflict"],
      },
      (input) => {
        const { body, principal, request } = input;
        const teamId = requireTeamId(input.params.team_id);
        const claim = idempotencyClaim({ principalId: principal.actor, request, body });
        return once(context, claim, 201, (transaction) =>
          createRefill(context, transaction, authorOf(input), {
            teamId,
            credits: body.credits,
            period: body.period,
            expires: body.expires ?? true,
            priority: body.priority,
            pricePaidUsd: body.price_paid_usd,
            first: body.first ?? "current",
            reason: body.reason,
          }),
        );
      },
    ),

    adminOperation(
      "POST",
      "/api/teams/:team_id/wallet/refills/:refill_id/stop",
      {
        operationId: "stopRefill",
        needs: "billing",
        summary: "Stop a refill",
        description: "It gives no more; what it gave stays. Once more changes nothing.",
        tag,
        params: {
          ...params,
          refill_id: Type.String({
            description: "Id of a refill.",
            examples: ["019aaf3c-6a80-7c11-9d1b-2f9d1b6d2a10"],
          }),
        },
        body: RefillStop,
        success: { description: "The refill.", schema: Refill },
        problems: ["not_found"],
      },
      (input) => {
        const { team_id, refill_id } = input.params;
        return stopRefill(context, authorOf(input), {
          teamId: requireTeamId(team_id),
          refillId: refill_id,
          reason: input.body.reason,
        });
      },
    ),
  ];
}

function amountOrNull(value: Amount | null | undefined, field: string) {
  if (value === null || value === undefined) return value;
  return creditsAmount(value, field, "0 or more");
}
