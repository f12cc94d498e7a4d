import { inFlight, type JobModel, type LedgerModel } from "./model/ledger.ts";
import { inBurnOrder, type Grant, type WalletModel } from "./model/wallet.ts";
import type { Snapshot } from "./snapshot.ts";

/** What the database should say, in the shape in which it says it; only what is not in order has to be sorted on both sides. */
export function expectedOf(ledger: LedgerModel): object {
  const jobs = [...ledger.jobs.values()];
  const calls = [...ledger.calls.values()];
  return {
    wallets: byKey(
      [...ledger.wallets].map(([team, { balance, held }]) => ({
        key: team,
        balance: `${balance}`,
        held: `${held}`,
      })),
    ),
    entries: Object.fromEntries(
      [...ledger.wallets].map(([team, wallet]) => [team, wallet.entries.map(entryText).sort()]),
    ),
    grants: Object.fromEntries(
      [...ledger.wallets].map(([team, wallet]) => [team, remainders(wallet)]),
    ),
    holds: byKey([
      ...jobs
        .filter(({ hold }) => hold > 0n)
        .map(({ id, hold }) => ({ key: id, amount: `${hold}` })),
      ...calls
        .filter(({ status, hold }) => status === "in_flight" && hold > 0n)
        .map(({ id, hold }) => ({ key: id, amount: `${hold}` })),
    ]),
    jobs: byKey(jobs.map(jobFigures)),
    calls: byKey(
      calls.map((call) => ({
        key: call.id,
        status: call.status,
        held: `${call.hold}`,
        charged: `${call.charged}`,
        cost: call.cost === undefined ? null : `${call.cost}`,
        cost_held: call.costHeld === undefined ? null : `${call.costHeld}`,
      })),
    ),
    periods: byKey(
      [...ledger.periods].flatMap(([key, { completed, includedTaken, costlyFailures, fee }]) =>
        completed > 0 || includedTaken > 0 || costlyFailures > 0 || fee !== undefined
          ? [
              {
                key,
                completed,
                taken: includedTaken,
                costly: costlyFailures,
                fee: fee === undefined ? null : `${fee}`,
              },
            ]
          : [],
      ),
    ),
    budgets: byKey(
      [...ledger.budgets].flatMap(([key, { spent, held }]) =>
        spent === 0n && held === 0n ? [] : [{ key, spent: `${spent}`, held: `${held}` }],
      ),
    ),
  };
}

function jobFigures(job: JobModel) {
  const open = inFlight(job);
  const count = (...statuses: string[]) =>
    job.calls.filter(({ status }) => statuses.includes(status)).length;
  return {
    key: job.id,
    status: job.status,
    place: job.place ?? null,
    held: `${open.reduce((sum, { hold }) => sum + hold, job.hold)}`,
    charged: `${job.charged}`,
    refunded: `${job.refunded}`,
    cost: `${job.cost}`,
    cost_held: `${open.reduce((sum, { costHeld }) => sum + (costHeld ?? 0n), 0n)}`,
    calls: job.calls.length,
    succeeded: count("succeeded"),
    failed: count("failed", "aborted"),
    in_flight: open.length,
  };
}

/** What the database says, with what was spent taken from its grants, as it would be before they are shown. */
export function foundOf(snapshot: Snapshot): object {
  const teams = snapshot.wallets.map(({ team }) => team).sort();
  return {
    wallets: byKey(
      snapshot.wallets.map(({ team, balance, held }) => ({ key: team, balance, held })),
    ),
    entries: Object.fromEntries(teams.map((team) => [team, entriesOf(snapshot, team)])),
    grants: Object.fromEntries(teams.map((team) => [team, remaindersOf(snapshot, team)])),
    holds: byKey(snapshot.holds.map(({ id, amount }) => ({ key: id, amount }))),
    jobs: byKey(snapshot.jobs.map(({ id, ...job }) => ({ key: id, ...job }))),
    calls: byKey(snapshot.calls.map(({ id, ...call }) => ({ key: id, ...call }))),
    periods: byKey(
      snapshot.periods.map(({ team, period, starts, ...counts }) => ({
        key: `${team} ${period} ${starts}`,
        ...counts,
      })),
    ),
    budgets: byKey(
      snapshot.budgets.map(({ id, starts, ...sums }) => ({ key: `${id} ${starts}`, ...sums })),
    ),
  };
}

/**
 * Each entry, with what is wrong about its number or the balance after it, which the sum of the entries has to be. Sorted, since
 * the order of entries of one batch is nobody's promise.
 */
function entriesOf(snapshot: Snapshot, team: string): string[] {
  let sum = 0n;
  return snapshot.entries
    .filter((entry) => entry.team === team)
    .map(({ no, kind, amount, after }, index) => {
      sum += BigInt(amount);
      const isSound = no === index + 1 && BigInt(after) === sum;
      return isSound ? `${kind} ${amount}` : `${kind} ${amount}, entry ${no}, balance ${after}`;
    })
    .sort();
}

const entryText = ([kind, amount]: [string, bigint]) => `${kind} ${amount}`;

/** By priority, expiry and age; grants that nothing tells apart count as one. */
function remainders({ grants }: WalletModel): Record<string, string> {
  return summed(inBurnOrder(grants).filter(({ remaining }) => remaining > 0n));
}

function remaindersOf(snapshot: Snapshot, team: string): Record<string, string> {
  let unattributed = BigInt(snapshot.wallets.find((wallet) => wallet.team === team)!.unattributed);
  const grants: Grant[] = snapshot.grants
    .filter((grant) => grant.team === team)
    .map(({ priority, expires, created, remaining }) => ({
      priority,
      expiresMs: expires ?? undefined,
      createdMs: created,
      amount: BigInt(remaining),
      remaining: BigInt(remaining),
    }));
  for (const grant of inBurnOrder(grants)) {
    const taken = grant.remaining < unattributed ? grant.remaining : unattributed;
    grant.remaining -= taken;
    unattributed -= taken;
  }
  const left = summed(inBurnOrder(grants).filter(({ remaining }) => remaining > 0n));
  return unattributed === 0n ? left : { ...left, unattributed: `${unattributed}` };
}

function summed(grants: readonly Grant[]): Record<string, string> {
  const sums = new Map<string, bigint>();
  for (const { priority, expiresMs, createdMs, remaining } of grants) {
    const key = `priority ${priority}, expires ${expiresMs ?? "never"}, of ${createdMs}`;
    sums.set(key, (sums.get(key) ?? 0n) + remaining);
  }
  return Object.fromEntries([...sums].map(([key, sum]) => [key, `${sum}`]));
}

function byKey<Row extends { key: string }>(rows: readonly Row[]): Row[] {
  return rows.toSorted((one, other) => (one.key < other.key ? -1 : one.key > other.key ? 1 : 0));
}
