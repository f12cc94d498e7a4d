import type { Static } from "@sinclair/typebox";
import type {
  AllocationCreate,
  ChangeView,
  RefundCreate,
  TransferCreate,
  WalletPatch,
} from "../../../server/credits/change-schema.ts";
import type { Refill, RefillCreate } from "../../../server/credits/refill-schema.ts";
import type { AdminWallet, Grant, LedgerEntry } from "../../../server/credits/schema.ts";
import { at, type Parameters, patch, post } from "../../api.ts";
import type { Page } from "../../base/dataTable.tsx";
import * as format from "../../format.ts";
import { type Change, type Read, useChange, useRead } from "../../query.ts";
import { wallet as words } from "../../strings/wallet.ts";
import { tenantPaths } from "../../tenants/tenant.ts";

const pollMs = 5000;

export type Wallet = Static<typeof AdminWallet>;

export function useWallet(teamId: string): Read<Wallet> {
  return useRead(at`/api/teams/${teamId}/wallet`, { pollMs });
}

export function useEntries(teamId: string, parameters: Parameters): Read<Page<LedgerEntry>> {
  return useRead(at`/api/teams/${teamId}/wallet/entries`, {
    parameters: { limit: 25, ...parameters },
  });
}

/** The open ones, newest first; more than a page of them is for the API. */
export function useGrants(teamId: string): Read<Page<Grant>> {
  return useRead(at`/api/teams/${teamId}/wallet/grants`, {
    parameters: { state: "open", limit: 100 },
  });
}

/** Also those that were stopped; more than a page of them is for the API. */
export function useRefills(teamId: string): Read<Page<Refill>> {
  return useRead(at`/api/teams/${teamId}/wallet/refills`, { parameters: { limit: 100 } });
}

export type CreditKind = keyof typeof words.kinds;

/** What the five changes send; each takes its own of it. */
export type CreditInput = Partial<
  Static<typeof AllocationCreate> & Static<typeof RefundCreate> & Static<typeof TransferCreate>
>;

export function useCreditChange(
  teamId: string,
  kind: CreditKind,
  onDone: () => void,
): Change<CreditInput> {
  return useChange({
    send: (input: CreditInput, sending) =>
      post<ChangeView>(at`/api/teams/${teamId}/wallet/` + kind, input, sending),
    refreshes: [...tenantPaths, "/api/jobs"],
    done: (entry) =>
      words.done[kind](
        format.inCredits(kind === "adjust" ? entry.credits : Math.abs(entry.credits)),
      ),
    onDone,
  });
}

export function useWalletSettings(teamId: string, onDone: () => void) {
  return useChange({
    send: (input: Static<typeof WalletPatch>, sending) =>
      patch(at`/api/teams/${teamId}/wallet`, input, sending),
    refreshes: tenantPaths,
    done: words.settingsSaved,
    onDone,
  });
}

export function useRefillCreation(teamId: string, onDone: () => void) {
  return useChange({
    send: (input: Static<typeof RefillCreate>, sending) =>
      post<Refill>(at`/api/teams/${teamId}/wallet/refills`, input, sending),
    refreshes: tenantPaths,
    done: words.refillStarted,
    onDone,
  });
}

export function useRefillStop(teamId: string, onDone: () => void) {
  return useChange({
    send: (refillId: string, sending) =>
      post(at`/api/teams/${teamId}/wallet/refills/${refillId}/stop`, {}, sending),
    refreshes: tenantPaths,
    done: words.refillStopped,
    onDone,
  });
}
