import { describe, expect, test } from "vitest";
import { utc, walletLedger } from "./wallet-ledger.ts";

const ledger = await walletLedger();
const { newTeam, give, charge, rollOver, hold, release, refill } = ledger;
const { wallet, grants, entries } = ledger;

const noon = utc("2026-11-23 12:00");

describe("a refill", () => {
  test("gives once a period, at its start, and what is left expires with it", async () => {
    const { walletId } = await newTeam();
    await refill(walletId, { amount: 100, period: "month", starts_at: utc("2026-11-01 00:00") });
    await rollOver(noon, walletId);
    await rollOver(noon, walletId);
    expect(await wallet(walletId)).toMatchObject({ balance: "100", due: "2026-12-01 00:00" });
    await charge(noon, walletId, 30);
    await rollOver(utc("2026-12-01 00:00"), walletId);
    expect(await entries(walletId)).toEqual([
      "refill 100 → 100",
      "deduction -30 → 70",
      // New credits first, so that the same instant again would change nothing.
      "refill 100 → 170",
      "expiry -70 → 100",
    ]);
    expect(await wallet(walletId)).toMatchObject({ due: "2027-01-01 00:00" });
  });

  test("does not make up a period that was missed", async () => {
    const { walletId } = await newTeam();
    await refill(walletId, {
      amount: 100,
      period: "week",
      expires: false,
      starts_at: utc("2026-11-02 00:00"),
    });
    await rollOver(utc("2026-11-02 00:00"), walletId);
    // The weeks of the 9th and the 16th went by unseen; the 25th lies in that of Monday the 23rd.
    await rollOver(utc("2026-11-25 09:00"), walletId);
    expect(await entries(walletId)).toEqual(["refill 100 → 100", "refill 100 → 200"]);
    expect(await wallet(walletId)).toMatchObject({ due: "2026-11-30 00:00" });
  });

  test("without expiry stays; a day begins at midnight of UTC", async () => {
    const { walletId } = await newTeam();
    await refill(walletId, {
      amount: 5,
      period: "day",
      expires: false,
      starts_at: utc("2026-11-24 00:00"),
    });
    await rollOver(utc("2026-11-23 23:59"), walletId);
    expect(await wallet(walletId)).toMatchObject({ balance: "0", due: "2026-11-24 00:00" });
    await rollOver(utc("2026-11-24 00:00"), walletId);
    await rollOver(utc("2026-11-25 00:00"), walletId);
    expect(await wallet(walletId)).toMatchObject({ balance: "10", due: "2026-11-26 00:00" });
    expect(await grants(walletId)).toEqual(["refill 5/5", "refill 5/5"]);
  });

  test("pays a debt first", async () => {
    const { walletId } = await newTeam({ creditLimit: 50 });
    await charge(noon, walletId, 30);
    await refill(walletId, { amount: 100, period: "month", starts_at: utc("2026-11-01 00:00") });
    await rollOver(noon, walletId);
    expect(await grants(walletId)).toEqual(["refill 70/100"]);
    // 70 are left to expire; the debt that was paid is not taken back.
    await rollOver(utc("2026-12-01 00:00"), walletId);
    expect(await entries(walletId)).toEqual([
      "deduction -30 → -30",
      "refill 100 → 70",
      "refill 100 → 170",
      "expiry -70 → 100",
    ]);
  });

  test("at the end of a held grant leaves nothing for a second round at the same instant", async () => {
    const { teamId, walletId } = await newTeam();
    const december = utc("2026-12-01 00:00");
    await give(noon, teamId, 10, { expires_at: december });
    const held = await hold(noon, teamId, walletId, 8);
    await refill(walletId, { amount: 5, period: "month", starts_at: december });
    // 10 + 5 − 8 = 7 are available, so 7 of the 10 go.
    await rollOver(december, walletId);
    await rollOver(december, walletId);
    expect(await entries(walletId)).toEqual([
      "allocation 10 → 10",
      "refill 5 → 15",
      "expiry -7 → 8",
    ]);
    await release(december, held);
  });

  test("that was stopped gives nothing, and does not keep the wallet due", async () => {
    const { walletId } = await newTeam();
    const id = await refill(walletId, {
      amount: 100,
      period: "month",
      starts_at: utc("2026-11-01 00:00"),
    });
    await ledger.database.query("update credit_refills set active = false where id = $1::uuid", [
      id,
    ]);
    await rollOver(noon, walletId);
    expect(await wallet(walletId)).toMatchObject({ balance: "0", due: "never" });
  });
});

test("the background tick rolls over what is due and can move, and no more than asked", async () => {
  const end = utc("2020-12-01 00:00");
  const stuck = await newTeam();
  await give(utc("2020-11-01 00:00"), stuck.teamId, 5, { expires_at: end });
  const held = await hold(utc("2020-11-01 00:00"), stuck.teamId, stuck.walletId, 5);
  const due = [await newTeam(), await newTeam(), await newTeam()];
  for (const { teamId } of due) {
    await give(utc("2020-11-01 00:00"), teamId, 5, { expires_at: end });
  }
  const tick = async () => {
    const [row] = await ledger.database.query<{ n: number }>(
      "select roll_over_due_wallets_v1($1::timestamptz, 2) as n",
      [end],
    );
    return row!.n;
  };
  expect([await tick(), await tick(), await tick()]).toEqual([2, 1, 0]);
  for (const { walletId } of due) expect(await wallet(walletId)).toMatchObject({ balance: "0" });
  expect(await wallet(stuck.walletId)).toMatchObject({ balance: "5" });
  await release(end, held);
  expect(await tick()).toBe(1);
  expect(await wallet(stuck.walletId)).toMatchObject({ balance: "0" });
});
