import { expect } from "vitest";
import type { OpenItem } from "../../server/gateway/store.ts";
import type { JobStart, Terms } from "../../server/pricing/terms.ts";
import { FIRST_VERSION, type ledger } from "./ledger.ts";

export const month = {
  period: "month",
  starts_at: "2026-11-01T00:00:00.000Z",
  ends_at: "2026-12-01T00:00:00.000Z",
} as const;

export function start(terms: Partial<Terms>, more: Partial<JobStart> = {}): JobStart {
  return {
    plan_version_id: FIRST_VERSION,
    terms: { kind: "flat", charged: "job", credit_price_nanos: "100000000", ...terms },
    period: terms.charged === "call" ? null : month,
    max_cost_nanos: null,
    ends_by: null,
    ...more,
  };
}
export const flat = (price: number, more: Partial<Terms> = {}) =>
  start({ price: String(price), ...more });
export const perCall = (more: Partial<Terms> = {}) =>
  start({ kind: "markup", charged: "call", ...more });

export const jobOf = (started: JobStart | undefined) => ({
  type: "one",
  userId: undefined,
  externalTaskId: undefined,
  metadata: undefined,
  reference: undefined,
  endsWithCall: false,
  start: started,
});

/** Teams with wallets on a test's ledger, and what to do with their jobs. */
export function chargedTeams(money: Awaited<ReturnType<typeof ledger>>) {
  const { database, at, newId, call, end, open, settle, outcomes, endJob } = money;

  /** A team of a test's own with a wallet of so many micro-credits. */
  async function team(balance: number, creditLimit: number | null = 0) {
    const [teamId, walletId] = [`t-${newId()}`, newId()];
    await database.query(
      `with t as (insert into teams (id, organization_id, name, created_at, updated_at) values ($1, 'acme', $1, now(), now()))
     insert into wallets (id, team_id, credit_limit, updated_at) values ($2::uuid, $1, $3::bigint, now())`,
      [teamId, walletId, creditLimit],
    );
    if (balance > 0) {
      await database.query(
        "select give_credits_v1($1::timestamptz, $2::uuid, $3::bigint, $4::text::jsonb)",
        [at(), walletId, balance, JSON.stringify({ kind: "allocation", actor: "test" })],
      );
    }
    const ofTeam = { teamId, walletId };

    return {
      ...ofTeam,
      call: (jobId: string, more: Partial<OpenItem> = {}) => call(jobId, { ...ofTeam, ...more }),
      end: (item: OpenItem, more: Parameters<typeof end>[1] = {}) =>
        end(item, { walletId, ...more }),
      create: async (start: JobStart | undefined, more: object = {}) => {
        const id = newId();
        const [row] = await database.query<{ outcome: string; detail: object | null }>(
          "select outcome, detail from create_job_v2($1::timestamptz, $2::text::jsonb, null)",
          [
            at(),
            JSON.stringify({ id, team_id: teamId, wallet_id: walletId, type: "x", start, ...more }),
          ],
        );
        return { id, ...row! };
      },
      endJob: (jobId: string, status: string) => endJob(jobId, status, undefined, teamId),
      wallet: async () => {
        const [row] = await database.query<{ balance: number; held: number; unattributed: number }>(
          "select balance::int, held::int, unattributed::int from wallets where id = $1::uuid",
          [walletId],
        );
        return row!;
      },
      entries: async () =>
        (
          await database.query<{ kind: string; amount: number; after: number }>(
            `select kind, amount::int, balance_after::int as after from credit_transactions
           where wallet_id = $1::uuid and kind <> 'allocation' order by entry_no`,
            [walletId],
          )
        ).map(({ kind, amount, after }) => [kind, amount, after]),
      openHolds: async () =>
        (
          await database.query<{ amount: number }>(
            "select amount::int from credit_holds where wallet_id = $1::uuid and state = 'open' order by id",
            [walletId],
          )
        ).map(({ amount }) => amount),
    };
  }

  async function jobRow(id: string) {
    const [row] = await database.query<{
      held: number;
      charged: number;
      over: boolean;
      cost_held: number;
    }>(
      `select held::int, charged::int, charged_over_hold as over, cost_held::int from jobs where id = $1::uuid`,
      [id],
    );
    return row!;
  }

  /** Makes a call in the job that succeeds at this provider cost. */
  async function succeed(owner: Awaited<ReturnType<typeof team>>, jobId: string, costNanos = 700n) {
    const item = owner.call(jobId);
    expect(await outcomes(open(item))).toEqual(["opened"]);
    await settle(owner.end(item, { providerCostNanos: costNanos }));
  }

  return { team, jobRow, succeed };
}
