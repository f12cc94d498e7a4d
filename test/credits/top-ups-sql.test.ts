import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { uuidV7 } from "../../server/kernel/ids.ts";
import { utc, walletLedger } from "./wallet-ledger.ts";

const { database, newTeam, redeem, wallet, entries } = await walletLedger();

const noon = utc("2026-11-23 12:00");

describe("a top-up code", () => {
  const hashOf = (code: string) => createHash("sha256").update(code).digest("hex");

  async function makeCode(code: string, batch: Record<string, unknown> = {}): Promise<void> {
    const batchId = uuidV7(Date.parse(noon));
    const made = { amount: 50, priority: 30, ...batch };
    await database.query(
      `insert into top_up_batches (id, name, amount, priority, expires_at, credits_last_days, actor, created_at)
       select $1::uuid, 'Fair', b.amount, b.priority, b.expires_at, b.credits_last_days, 'test', $2::timestamptz
       from jsonb_to_record($3::text::jsonb) as b (amount bigint, priority int, expires_at timestamptz, credits_last_days int)`,
      [batchId, noon, JSON.stringify(made)],
    );
    await database.query(
      "insert into top_up_codes (id, batch_id, hash, last_four) values ($1::uuid, $2::uuid, decode($3, 'hex'), '0000')",
      [uuidV7(Date.parse(noon)), batchId, hashOf(code)],
    );
  }

  test("gives its credits once; the same team is told the same entry, another one nothing", async () => {
    const [team, other] = [await newTeam(), await newTeam()];
    await makeCode("A", { credits_last_days: 30 });
    const by = (who: { teamId: string }, at = noon) =>
      redeem(at, { team_id: who.teamId, hash: hashOf("A") });
    const first = await by(team);
    expect(first).toMatchObject({ outcome: "changed", amount: "50", balance_after: "50" });
    const dayLater = utc("2026-11-24 12:00");
    expect(await by(team, dayLater)).toEqual({ ...first, outcome: "replayed" });
    expect(await by(other)).toMatchObject({
      outcome: "code_unusable",
      detail: { reason: "redeemed" },
    });
    expect(await entries(team.walletId)).toEqual(["top_up 50 → 50"]);
    // 30 days of 24 hours.
    expect(await wallet(team.walletId)).toMatchObject({ due: "2026-12-23 12:00" });
  });

  test("that was revoked, has ended or is unknown gives nothing", async () => {
    const { teamId, walletId } = await newTeam();
    await makeCode("B");
    await database.query(
      "update top_up_codes set revoked_at = now() where hash = decode($1, 'hex')",
      [hashOf("B")],
    );
    await makeCode("C", { expires_at: noon });
    for (const [code, outcome] of [
      ["B", { outcome: "code_unusable", detail: { reason: "revoked" } }],
      ["C", { outcome: "code_unusable", detail: { reason: "expired" } }],
      ["D", { outcome: "code_not_found" }],
    ] as const) {
      expect(await redeem(noon, { team_id: teamId, hash: hashOf(code) })).toMatchObject(outcome);
    }
    expect(await entries(walletId)).toEqual([]);
  });

  test("stays usable when the team that tried is unknown", async () => {
    const { teamId } = await newTeam();
    await makeCode("E");
    expect(await redeem(noon, { team_id: "nobody", hash: hashOf("E") })).toMatchObject({
      outcome: "team_not_found",
    });
    expect(await redeem(noon, { team_id: teamId, hash: hashOf("E") })).toMatchObject({
      outcome: "changed",
    });
  });
});
