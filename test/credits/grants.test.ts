import { describe, expect, test } from "vitest";
import { utc, walletLedger } from "./wallet-ledger.ts";

const ledger = await walletLedger();
const { newTeam, give, charge, attribute, rollOver, hold, release } = ledger;
const { wallet, grants, entries, change } = ledger;

const noon = utc("2026-11-23 12:00");

describe("entries", () => {
  test("are numbered without gaps, and the last tells the balance", async () => {
    const { teamId, walletId } = await newTeam();
    await give(noon, teamId, 100);
    await charge(noon, walletId, 30);
    await charge(noon, walletId, 1);
    expect(await entries(walletId)).toEqual([
      "allocation 100 → 100",
      "deduction -30 → 70",
      "deduction -1 → 69",
    ]);
    expect(await wallet(walletId)).toMatchObject({ balance: "69", entry_no: "3" });
  });

  test("of a debit wait unattributed only as far as the balance covered them", async () => {
    const { teamId, walletId } = await newTeam();
    await give(noon, teamId, 10);
    // 10 are left, 25 are taken: 10 have to be borne by grants, 15 are debt.
    await charge(noon, walletId, 25);
    expect(await wallet(walletId)).toMatchObject({ balance: "-15", unattributed: "10" });
    // Of a debit from a debt no grant bears anything.
    await charge(noon, walletId, 5);
    expect(await wallet(walletId)).toMatchObject({ balance: "-20", unattributed: "10" });
    await attribute(noon, walletId);
    expect(await wallet(walletId)).toMatchObject({ balance: "-20", unattributed: "0" });
    expect(await grants(walletId)).toEqual(["allocation 0/10"]);
  });
});

describe("burn order", () => {
  test("is priority, then expiry with none last, then age", async () => {
    const { teamId, walletId } = await newTeam();
    await give(utc("2026-11-01 00:00"), teamId, 1, {});
    await give(utc("2026-11-02 00:00"), teamId, 2, {});
    await give(utc("2026-11-03 00:00"), teamId, 4, { expires_at: utc("2027-01-01 00:00") });
    await give(utc("2026-11-04 00:00"), teamId, 8, { expires_at: utc("2026-12-01 00:00") });
    await give(utc("2026-11-05 00:00"), teamId, 16, { priority: 10 });
    // 16 + 8 + 4 + 1 + 2: each is used up before the next is touched.
    expect(await grants(walletId)).toEqual([
      "allocation 16/16",
      "allocation 8/8",
      "allocation 4/4",
      "allocation 1/1",
      "allocation 2/2",
    ]);
    // 16 + 8 + 3 of 4.
    await charge(noon, walletId, 27);
    await attribute(noon, walletId);
    expect(await grants(walletId)).toEqual([
      "allocation 0/16",
      "allocation 0/8",
      "allocation 1/4",
      "allocation 1/1",
      "allocation 2/2",
    ]);
    await charge(noon, walletId, 3);
    await attribute(noon, walletId);
    await attribute(noon, walletId);
    expect((await grants(walletId)).at(-1)).toBe("allocation 1/2");
  });

  test("spending is borne by the grants that were there when it happened", async () => {
    const { teamId, walletId } = await newTeam();
    await give(noon, teamId, 10);
    await charge(noon, walletId, 4);
    // Would be used up first, but came after the spending.
    await give(noon, teamId, 5, { priority: 1 });
    expect(await grants(walletId)).toEqual(["allocation 5/5", "allocation 6/10"]);
    expect(await wallet(walletId)).toMatchObject({ balance: "11", unattributed: "0" });
  });
});

describe("a debt", () => {
  test("is paid first, and only what lies above it is granted", async () => {
    const { teamId, walletId } = await newTeam({ creditLimit: 100 });
    await charge(noon, walletId, 30);
    // 20 of the debt of 30 are paid, nothing is granted.
    await give(noon, teamId, 20);
    expect(await grants(walletId)).toEqual(["allocation 0/20"]);
    // The last 10 are paid, 15 of 25 are granted.
    await give(utc("2026-11-23 13:00"), teamId, 25);
    expect(await grants(walletId)).toEqual(["allocation 0/20", "allocation 15/25"]);
    expect(await wallet(walletId)).toMatchObject({ balance: "15" });
  });
});

describe("expiry", () => {
  test("takes what is left of a grant at its end, once", async () => {
    const { teamId, walletId } = await newTeam();
    const end = utc("2026-12-01 00:00");
    await give(noon, teamId, 10, { expires_at: end });
    await give(noon, teamId, 7);
    await charge(noon, walletId, 4);
    expect(await wallet(walletId)).toMatchObject({ due: "2026-12-01 00:00" });
    await rollOver(utc("2026-11-30 23:59"), walletId);
    expect(await wallet(walletId)).toMatchObject({ balance: "13" });
    // At the instant itself: 10 − 4 go.
    await rollOver(end, walletId);
    await rollOver(utc("2026-12-02 00:00"), walletId);
    expect(await entries(walletId)).toEqual([
      "allocation 10 → 10",
      "allocation 7 → 17",
      "deduction -4 → 13",
      "expiry -6 → 7",
    ]);
    expect(await grants(walletId)).toEqual(["allocation 0/10", "allocation 7/7"]);
    expect(await wallet(walletId)).toMatchObject({ balance: "7", unattributed: "0", due: "never" });
  });

  test("leaves open holds covered; the rest stays due and goes when they end", async () => {
    const { teamId, walletId } = await newTeam();
    const end = utc("2026-12-01 00:00");
    await give(noon, teamId, 10, { expires_at: end });
    const held = await hold(noon, teamId, walletId, 8);
    // Available are 10 − 8 = 2: no more can go.
    await rollOver(end, walletId);
    expect(await wallet(walletId)).toMatchObject({ balance: "8", held: "8" });
    expect(await grants(walletId)).toEqual(["allocation 8/10"]);
    await rollOver(utc("2026-12-01 00:10"), walletId);
    expect(await wallet(walletId)).toMatchObject({ balance: "8", due: "2026-12-01 00:00" });
    await release(utc("2026-12-01 00:20"), held);
    await rollOver(utc("2026-12-01 00:20"), walletId);
    expect(await wallet(walletId)).toMatchObject({ balance: "0", due: "never" });
    expect(await entries(walletId)).toEqual([
      "allocation 10 → 10",
      "expiry -2 → 8",
      "expiry -8 → 0",
    ]);
  });

  test("lets the work of a hold be paid from what the hold kept alive", async () => {
    const { teamId, walletId } = await newTeam();
    const end = utc("2026-12-01 00:00");
    await give(noon, teamId, 10, { expires_at: end });
    const held = await hold(noon, teamId, walletId, 8);
    await rollOver(end, walletId);
    await charge(end, walletId, 5);
    await release(end, held);
    // 10 − 2 expired − 5 spent − 3 expired.
    await rollOver(end, walletId);
    expect(await entries(walletId)).toEqual([
      "allocation 10 → 10",
      "expiry -2 → 8",
      "deduction -5 → 3",
      "expiry -3 → 0",
    ]);
  });

  test("counts a credit limit as available, and an unlimited one without end", async () => {
    for (const [creditLimit, left] of [
      // 10 + 3 − 8 = 5 go.
      [3, "5"],
      [null, "0"],
    ] as const) {
      const { teamId, walletId } = await newTeam({ creditLimit });
      const end = utc("2026-12-01 00:00");
      await give(noon, teamId, 10, { expires_at: end });
      const held = await hold(noon, teamId, walletId, 8);
      await rollOver(end, walletId);
      expect(await wallet(walletId)).toMatchObject({ balance: left });
      await release(end, held);
    }
  });

  test("comes before what a change takes or adds at the same instant", async () => {
    const { teamId, walletId } = await newTeam();
    const end = utc("2026-12-01 00:00");
    await give(noon, teamId, 10, { expires_at: end });
    const refused = await change(end, { team_id: teamId, kind: "deduction", amount: 1 });
    expect(refused).toMatchObject({
      outcome: "insufficient_credits",
      detail: { needed: "1", available: "0" },
    });
    await give(end, teamId, 3);
    expect(await wallet(walletId)).toMatchObject({ balance: "3" });
  });
});

test("ids made in the database are version 7 and of their instant", async () => {
  const [row] = await ledger.database.query<{ id: string }>(
    "select new_uuid_v7_v1($1::timestamptz)::text as id",
    [noon],
  );
  expect(row!.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(parseInt(row!.id.replace("-", "").slice(0, 12), 16)).toBe(Date.parse(noon));
});
