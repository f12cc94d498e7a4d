import { describe, expect, test } from "vitest";
import { uuidV7 } from "../../server/kernel/ids.ts";
import { utc, walletLedger } from "./wallet-ledger.ts";

const ledger = await walletLedger();
const { database, newTeam, give, change, transfer, charge, rollOver } = ledger;
const { hold, release, chargedJob, wallet, grants, entries } = ledger;

const noon = utc("2026-11-23 12:00");
const later = utc("2026-11-23 13:00");

describe("a deduction", () => {
  test("takes at most what is available: balance and limit without what is held", async () => {
    const { teamId, walletId } = await newTeam({ creditLimit: 5 });
    await give(noon, teamId, 10);
    const held = await hold(noon, teamId, walletId, 3);
    const deduct = (amount: number) => change(noon, { team_id: teamId, kind: "deduction", amount });
    // 10 + 5 − 3 = 12.
    expect(await deduct(13)).toMatchObject({
      outcome: "insufficient_credits",
      detail: { needed: "13", available: "12" },
    });
    expect(await wallet(walletId)).toMatchObject({ balance: "10", entry_no: "1" });
    expect(await deduct(12)).toMatchObject({
      outcome: "changed",
      entry_no: "2",
      amount: "-12",
      balance_after: "-2",
    });
    expect(await deduct(1)).toMatchObject({ outcome: "insufficient_credits" });
    await release(noon, held);
  });

  test("knows no bounds under an unlimited credit limit", async () => {
    const { teamId } = await newTeam({ creditLimit: null });
    expect(await change(noon, { team_id: teamId, kind: "deduction", amount: 1_000 })).toMatchObject(
      { outcome: "changed", balance_after: "-1000" },
    );
  });
});

describe("an adjustment", () => {
  test("above 0 is a grant, below 0 may leave a debt", async () => {
    const { teamId, walletId } = await newTeam();
    const adjust = (amount: number) =>
      change(noon, { team_id: teamId, kind: "adjustment", amount });
    await adjust(4);
    await adjust(-10);
    expect(await entries(walletId)).toEqual(["adjustment 4 → 4", "adjustment -10 → -6"]);
    await give(later, teamId, 9);
    expect(await grants(walletId)).toEqual(["adjustment 0/4", "allocation 3/9"]);
  });
});

describe("an allocation", () => {
  test("keeps priority, expiry, price paid and reference with the grant", async () => {
    const { teamId, walletId } = await newTeam();
    await give(noon, teamId, 10, {
      priority: 7,
      expires_at: utc("2027-01-01 00:00"),
      price_paid_nanos: "9000000000",
      reference: "INV-7",
    });
    const rows = await database.query(
      `select priority, expires_at = '2027-01-01T00:00:00Z' as ends, price_paid_nanos::text as paid, reference
       from credit_grants where wallet_id = $1::uuid`,
      [walletId],
    );
    expect(rows).toEqual([{ priority: 7, ends: true, paid: "9000000000", reference: "INV-7" }]);
    expect(await wallet(walletId)).toMatchObject({ due: "2027-01-01 00:00" });
  });

  test("is refused to a deleted or unknown team", async () => {
    const { teamId } = await newTeam();
    await database.query("update teams set status = 'deleted' where id = $1", [teamId]);
    for (const team of [teamId, "nobody"]) {
      expect(await give(noon, team, 1)).toMatchObject({ outcome: "team_not_found" });
    }
  });
});

describe("a refund", () => {
  test("gives back part and then all the rest of a charge, never more, as credits that do not expire", async () => {
    const { teamId, walletId } = await newTeam();
    await give(noon, teamId, 10, { expires_at: utc("2026-12-01 00:00") });
    const jobId = await chargedJob(noon, teamId, walletId, 10);
    const refund = (amount: number | null) =>
      change(later, { team_id: teamId, kind: "refund", job_id: jobId, amount });
    expect(await refund(11)).toMatchObject({
      outcome: "refund_exceeds_charge",
      detail: { charged: "10", refunded: "0", refundable: "10" },
    });
    expect(await refund(4)).toMatchObject({ outcome: "changed", amount: "4", balance_after: "4" });
    expect(await refund(7)).toMatchObject({
      outcome: "refund_exceeds_charge",
      detail: { charged: "10", refunded: "4", refundable: "6" },
    });
    expect(await refund(null)).toMatchObject({ outcome: "changed", amount: "6" });
    expect(await refund(null)).toMatchObject({ outcome: "refund_exceeds_charge" });
    const [job] = await database.query(
      "select charged::text, refunded::text from jobs where id = $1::uuid",
      [jobId],
    );
    expect(job).toEqual({ charged: "10", refunded: "10" });
    // The grant that bore the charge would have expired; what was given back does not.
    await rollOver(utc("2026-12-02 00:00"), walletId);
    expect(await wallet(walletId)).toMatchObject({ balance: "10" });
  });

  test("of another team's job, or of no job, is refused", async () => {
    const own = await newTeam();
    const other = await newTeam();
    const jobId = await chargedJob(noon, other.teamId, other.walletId, 5);
    for (const job_id of [jobId, uuidV7(1)]) {
      expect(
        await change(noon, { team_id: own.teamId, kind: "refund", job_id, amount: 1 }),
      ).toMatchObject({ outcome: "job_not_found" });
    }
    expect(await entries(own.walletId)).toEqual([]);
  });

  test("pays a debt first", async () => {
    const { teamId, walletId } = await newTeam();
    const jobId = await chargedJob(noon, teamId, walletId, 8);
    await change(later, { team_id: teamId, kind: "refund", job_id: jobId, amount: 6 });
    expect(await wallet(walletId)).toMatchObject({ balance: "-2" });
    expect(await grants(walletId)).toEqual(["refund 0/6"]);
  });
});

describe("an idempotency key", () => {
  test("makes one entry within a wallet, whatever the kind", async () => {
    const { teamId, walletId } = await newTeam();
    const key = { team_id: teamId, idempotency_key: "k" };
    const first = await change(noon, { ...key, kind: "allocation", amount: 5 });
    const again = await change(later, { ...key, kind: "allocation", amount: 5 });
    expect(again).toEqual({ ...first, outcome: "replayed" });
    for (const other of [
      { kind: "allocation", amount: 6 },
      { kind: "adjustment", amount: 5 },
      { kind: "deduction", amount: 5 },
    ]) {
      expect(await change(later, { ...key, ...other })).toMatchObject({ outcome: "mismatch" });
    }
    expect(await entries(walletId)).toEqual(["allocation 5 → 5"]);
  });

  test("repeats a change only with all that was said of it; who sends it does not matter", async () => {
    const { teamId, walletId } = await newTeam();
    const said = {
      ...{ team_id: teamId, idempotency_key: "k", kind: "allocation", amount: 5 },
      ...{ priority: 7, expires_at: utc("2027-01-01 00:00"), price_paid_nanos: "9000000000" },
      ...{ reason: "Invoice 7", reference: "INV-7" },
    };
    const first = await change(noon, said);
    expect(await change(later, { ...said, actor: "somebody else" })).toEqual({
      ...first,
      outcome: "replayed",
    });
    for (const other of [
      { priority: 8 },
      { priority: null },
      { expires_at: utc("2027-01-02 00:00") },
      { expires_at: null },
      { price_paid_nanos: "9000000001" },
      { price_paid_nanos: null },
      { reason: "Invoice 8" },
      { reason: null },
      { reference: "INV-8" },
      { reference: null },
    ]) {
      expect(await change(later, { ...said, ...other })).toEqual({ ...first, outcome: "mismatch" });
    }
    expect(await entries(walletId)).toEqual(["allocation 5 → 5"]);
  });

  test("of a partial refund is not repeated by a refund of all, nor by other words", async () => {
    const { teamId, walletId } = await newTeam();
    const jobId = await chargedJob(noon, teamId, walletId, 8);
    const refund = (idempotency_key: string, amount: number | null, reason = "late") =>
      change(noon, {
        ...{ team_id: teamId, kind: "refund", job_id: jobId, amount },
        ...{ idempotency_key, reason },
      });
    await refund("part", 3);
    expect(await refund("part", null)).toMatchObject({ outcome: "mismatch", amount: "3" });
    expect(await refund("rest", null)).toMatchObject({ outcome: "changed", amount: "5" });
    expect(await refund("rest", null)).toMatchObject({ outcome: "replayed", amount: "5" });
    expect(await refund("part", 3)).toMatchObject({ outcome: "replayed", amount: "3" });
    expect(await refund("rest", null, "no use")).toMatchObject({ outcome: "mismatch" });
  });

  test("refunds a job once, and not another", async () => {
    const { teamId, walletId } = await newTeam();
    const jobId = await chargedJob(noon, teamId, walletId, 8);
    const otherId = await chargedJob(noon, teamId, walletId, 8);
    const refund = (job_id: string, amount: number | null) =>
      change(noon, { team_id: teamId, kind: "refund", job_id, amount, idempotency_key: "r" });
    expect(await refund(jobId, null)).toMatchObject({ outcome: "changed", amount: "8" });
    expect(await refund(jobId, null)).toMatchObject({ outcome: "replayed", amount: "8" });
    expect(await refund(otherId, null)).toMatchObject({ outcome: "mismatch" });
    expect(await wallet(walletId)).toMatchObject({ balance: "-8" });
  });
});

describe("a transfer", () => {
  const between = (from: { teamId: string }, to: { teamId: string }, amount: number, more = {}) =>
    transfer(later, { from_team_id: from.teamId, to_team_id: to.teamId, amount, ...more });

  test("takes in burn order, and what it takes keeps priority and expiry", async () => {
    const [from, to] = [await newTeam(), await newTeam()];
    await give(noon, from.teamId, 10, { expires_at: utc("2026-12-01 00:00"), priority: 20 });
    await give(noon, from.teamId, 10);
    // Burned before anything is moved: 4 of the first.
    await charge(noon, from.walletId, 4);
    // The 6 that are left of the first, and 3 of the second.
    expect(await between(from, to, 9)).toMatchObject({
      outcome: "changed",
      amount: "-9",
      balance_after: "7",
      to_balance_after: "9",
    });
    expect(await grants(from.walletId)).toEqual(["allocation 0/10", "allocation 7/10"]);
    expect(await grants(to.walletId)).toEqual(["transfer_in 6/6", "transfer_in 3/3"]);
    expect(await wallet(from.walletId)).toMatchObject({ unattributed: "0" });
    expect(await wallet(to.walletId)).toMatchObject({ due: "2026-12-01 00:00" });
    await rollOver(utc("2026-12-01 00:00"), to.walletId);
    expect(await entries(to.walletId)).toEqual(["transfer_in 9 → 9", "expiry -6 → 3"]);
    const rows = await database.query(
      "select wallet_id, counterpart_team_id from credit_transactions where kind like 'transfer%' and wallet_id in ($1::uuid, $2::uuid) order by kind",
      [from.walletId, to.walletId],
    );
    expect(rows).toEqual([
      { wallet_id: to.walletId, counterpart_team_id: from.teamId },
      { wallet_id: from.walletId, counterpart_team_id: to.teamId },
    ]);
  });

  test("pays the other team's debt first", async () => {
    const [from, to] = [await newTeam(), await newTeam()];
    await give(noon, from.teamId, 4, { priority: 10 });
    await give(noon, from.teamId, 10);
    await charge(noon, to.walletId, 6);
    await between(from, to, 14);
    // −6 + 4 pays only; −2 + 10 leaves 8 of the second.
    expect(await grants(to.walletId)).toEqual(["transfer_in 0/4", "transfer_in 8/10"]);
    expect(await wallet(to.walletId)).toMatchObject({ balance: "8" });
  });

  test("on credit moves what there is and makes a debt of the rest", async () => {
    const [from, to] = [await newTeam({ creditLimit: 10 }), await newTeam()];
    await give(noon, from.teamId, 3);
    expect(await between(from, to, 14)).toMatchObject({
      outcome: "insufficient_credits",
      detail: { needed: "14", available: "13" },
    });
    expect(await between(from, to, 8)).toMatchObject({ balance_after: "-5" });
    expect((await grants(to.walletId)).sort()).toEqual(["transfer_in 3/3", "transfer_in 5/5"]);
    // A further one finds nothing but credit.
    expect(await between(from, to, 5)).toMatchObject({ balance_after: "-10" });
  });

  test("is refused to another organization and to unknown teams", async () => {
    const [from, to] = [await newTeam(), await newTeam({ organization: "other" })];
    await give(noon, from.teamId, 10);
    expect(await between(from, to, 1)).toMatchObject({ outcome: "other_organization" });
    expect(await between(from, { teamId: "nobody" }, 1)).toMatchObject({
      outcome: "team_not_found",
      detail: { team_id: "nobody" },
    });
    expect(await between({ teamId: "nobody" }, to, 1)).toMatchObject({
      outcome: "team_not_found",
      detail: { team_id: "nobody" },
    });
    expect(await entries(to.walletId)).toEqual([]);
  });

  test("is made once for an idempotency key, which the receiving wallet may have used", async () => {
    const [from, to] = [await newTeam(), await newTeam()];
    await give(noon, from.teamId, 10);
    await give(noon, to.teamId, 1, { idempotency_key: "t" });
    const key = { idempotency_key: "t" };
    const first = await between(from, to, 4, key);
    expect(await between(from, to, 4, key)).toEqual({
      ...first,
      outcome: "replayed",
      to_balance_after: null,
    });
    expect(await between(from, to, 5, key)).toMatchObject({ outcome: "mismatch" });
    for (const other of [{ reason: "Year end" }, { reference: "T-1" }]) {
      expect(await between(from, to, 4, { ...key, ...other })).toMatchObject({
        outcome: "mismatch",
      });
    }
    const third = await newTeam();
    expect(await between(from, third, 4, key)).toMatchObject({ outcome: "mismatch" });
    expect(await wallet(to.walletId)).toMatchObject({ balance: "5" });
  });
});
