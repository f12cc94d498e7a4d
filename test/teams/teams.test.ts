import { expect, test } from "vitest";
import { createOrganization, readOrganization } from "../../server/organizations/organizations.ts";
import { listTeams } from "../../server/teams/listing.ts";
import { createTeam, readTeam } from "../../server/teams/teams.ts";
import { testDatabase } from "../harness.ts";
import { testContext } from "../harness/context.ts";

const { database } = await testDatabase();
const context = await testContext(database);
await createOrganization(context, { name: "Acme" });

const rowsOf = async (table: string) => {
  const [row] = await database.query<{ rows: string }>(
    `select count(*)::text as rows from ${table}`,
  );
  return Number(row!.rows);
};

test("creates team, wallet, ledger entry, key and grant together", async () => {
  const created = await createTeam(context, {
    name: "Routing",
    organizationId: "acme",
    creditsMicros: 1_500_000n,
    actor: "cli",
  });
  expect(created.teamId).toBe("routing");
  expect(created.key.secret).toMatch(/^sk-[A-Za-z0-9_-]{43}$/);
  expect(created.groups).toEqual(["default"]);

  const detail = await readTeam(context, "routing");
  expect(detail.wallet).toMatchObject({
    id: created.walletId,
    balance: 1_500_000n,
    held: 0n,
    available: 1_500_000n,
    creditLimit: 0n,
  });
  expect(detail.keys.map(({ last_four }) => last_four)).toEqual([created.key.secret.slice(-4)]);
  const entries = await database.query(
    "select kind, actor, amount::text as amount, balance_after::text as after from credit_transactions",
  );
  expect(entries).toMatchObject([
    { kind: "allocation", actor: "cli", amount: "1500000", after: "1500000" },
  ]);
});

test("stores no secret, only its hash", async () => {
  const { key } = await createTeam(context, {
    name: "Hashed",
    organizationId: "acme",
    actor: "cli",
  });
  const rows = await database.query("select * from virtual_keys");
  expect(JSON.stringify(rows)).not.toContain(key.secret);
});

test("creates an empty wallet without an entry when no credits are given", async () => {
  const before = await rowsOf("credit_transactions");
  await createTeam(context, { name: "Empty", organizationId: "acme", actor: "cli" });
  expect((await readTeam(context, "empty")).wallet.balance).toBe(0n);
  expect(await rowsOf("credit_transactions")).toBe(before);
});

test("numbers the ids of teams with one name", async () => {
  const name = "Twin";
  const one = await createTeam(context, { name, organizationId: "acme", actor: "cli" });
  const other = await createTeam(context, { name, organizationId: "acme", actor: "cli" });
  expect([one.teamId, other.teamId]).toEqual(["twin", "twin-2"]);
});

for (const [what, input, error] of [
  [
    "an unknown organization",
    { organizationId: "nobody" },
    { code: "not_found", hints: { field: "organization_id", value: "nobody" } },
  ],
  [
    "an unknown group",
    { groups: ["gold"] },
    { code: "not_found", hints: { field: "groups", value: ["gold"] } },
  ],
  ["negative credits", { creditsMicros: -1n }, { code: "amount_invalid" }],
  [
    "a taken id",
    { id: "routing" },
    { code: "slug_taken", hints: { field: "id", value: "routing" } },
  ],
] as const) {
  test(`refuses ${what} and leaves nothing behind`, async () => {
    const tables = [
      "teams",
      "wallets",
      "virtual_keys",
      "team_access_groups",
      "credit_transactions",
    ];
    const before = await Promise.all(tables.map(rowsOf));
    const team = { name: "Refused", organizationId: "acme", actor: "cli", ...input };
    await expect(createTeam(context, team)).rejects.toMatchObject(error);
    expect(await Promise.all(tables.map(rowsOf))).toEqual(before);
  });
}

test("refuses a team of a deleted organization", async () => {
  await createOrganization(context, { name: "Gone" });
  await database.query("update organizations set status = 'deleted' where id = 'gone'");
  await expect(
    createTeam(context, { name: "Late", organizationId: "gone", actor: "cli" }),
  ).rejects.toMatchObject({ code: "not_found" });
});

test("lists the teams of one organization, and counts them there", async () => {
  await createOrganization(context, { name: "Beta" });
  await createTeam(context, { name: "Solo", organizationId: "beta", actor: "cli" });
  const teams = await listTeams(context, { organizationId: "beta" });
  expect(teams.data.map(({ team_id }) => team_id)).toEqual(["solo"]);
  const beta = await readOrganization(context, "beta");
  expect(beta.team_count).toBe(1);
});

test("answers an unknown and a deleted team alike", async () => {
  await createTeam(context, { name: "Old", organizationId: "acme", actor: "cli" });
  await database.query("update teams set status = 'deleted' where id = 'old'");
  await expect(readTeam(context, "old")).rejects.toMatchObject({ code: "not_found" });
  await expect(readTeam(context, "never")).rejects.toMatchObject({ code: "not_found" });
});
