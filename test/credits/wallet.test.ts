import { beforeEach, expect, test } from "vitest";
import { systemAuthor } from "../../server/audit/audit.ts";
import { changeCredits } from "../../server/credits/changes.ts";
import { readWallet } from "../../server/credits/wallet.ts";
import { createOrganization } from "../../server/organizations/organizations.ts";
import { createTeam } from "../../server/teams/teams.ts";
import { testDatabase } from "../harness.ts";
import { testContext } from "../harness/context.ts";

const { database } = await testDatabase();
const context = await testContext(database);
await createOrganization(context, { name: "Acme" });

let teamId = "";
beforeEach(async () => {
  ({ teamId } = await createTeam(context, { name: "Team", organizationId: "acme", actor: "cli" }));
});

const allocate = (amountMicros: bigint, idempotencyKey?: string) =>
  changeCredits(context, systemAuthor, "allocation", { teamId, amountMicros, idempotencyKey });

test("adds credits as numbered entries", async () => {
  expect(await allocate(2_000_000n)).toMatchObject({
    entryNo: 1n,
    amountMicros: 2_000_000n,
    balanceAfterMicros: 2_000_000n,
    replayed: false,
  });
  expect(await allocate(1n)).toMatchObject({ entryNo: 2n, balanceAfterMicros: 2_000_001n });
  expect(await readWallet(context, teamId)).toMatchObject({ balance: 2_000_001n, held: 0n });
});

test("loses none of many allocations at once", async () => {
  await Promise.all(Array.from({ length: 20 }, () => allocate(3n)));
  expect((await readWallet(context, teamId)).balance).toBe(60n);
});

test("adds once for one idempotency key, also when both come at once", async () => {
  const both = await Promise.all([allocate(5n, "invoice-1"), allocate(5n, "invoice-1")]);
  expect(both.map(({ entryNo }) => entryNo)).toEqual([1n, 1n]);
  expect(both.filter(({ replayed }) => replayed)).toHaveLength(1);
  expect((await readWallet(context, teamId)).balance).toBe(5n);
});

test("refuses an idempotency key with another amount", async () => {
  await allocate(5n, "invoice-2");
  await expect(allocate(6n, "invoice-2")).rejects.toMatchObject({ code: "idempotency_mismatch" });
  expect((await readWallet(context, teamId)).balance).toBe(5n);
});

test("takes an idempotency key anew for another team", async () => {
  await allocate(5n, "shared");
  const other = await createTeam(context, { name: "Other", organizationId: "acme", actor: "cli" });
  const second = await changeCredits(context, systemAuthor, "allocation", {
    teamId: other.teamId,
    amountMicros: 9n,
    idempotencyKey: "shared",
  });
  expect(second.replayed).toBe(false);
});

test("refuses nothing, less than nothing and more than a wallet holds", async () => {
  for (const amount of [0n, -1n, 10n ** 18n + 1n]) {
    await expect(allocate(amount)).rejects.toMatchObject({ code: "amount_invalid" });
  }
  await allocate(10n ** 18n);
  await expect(allocate(1n)).rejects.toMatchObject({ code: "amount_invalid" });
  expect((await readWallet(context, teamId)).balance).toBe(10n ** 18n);
});

test("counts the credit limit into what is available, and null as unlimited", async () => {
  await allocate(5n);
  await database.query("update wallets set credit_limit = 10, held = 3 where team_id = $1", [
    teamId,
  ]);
  expect((await readWallet(context, teamId)).available).toBe(12n);
  await database.query("update wallets set credit_limit = null where team_id = $1", [teamId]);
  expect((await readWallet(context, teamId)).available).toBeNull();
});

test("does not know the wallet of an unknown team", async () => {
  teamId = "nobody";
  await expect(allocate(1n)).rejects.toMatchObject({ code: "not_found" });
  await expect(readWallet(context, "nobody")).rejects.toMatchObject({ code: "not_found" });
});
