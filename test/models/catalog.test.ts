import { afterAll, expect, test } from "vitest";
import { addModel } from "../../server/models/aliases.ts";
import { createModelCatalog } from "../../server/models/catalog.ts";
import { noPrices } from "../../server/pricing/cost.ts";
import { createOrganization } from "../../server/organizations/organizations.ts";
import { createTeam } from "../../server/teams/teams.ts";
import { testDatabase } from "../harness.ts";
import { ManualChanges } from "../harness/changes.ts";
import { testContext } from "../harness/context.ts";

const { database } = await testDatabase();
const changes = new ManualChanges();
const context = await testContext(database, { changes });
const catalog = createModelCatalog(context);
afterAll(() => {
  catalog.stop();
  expect(changes.listenerCount).toBe(0);
});

const add = (alias: string, group?: string) =>
  addModel(
    context,
    { priceBook: () => Promise.resolve(undefined) },
    {
      alias,
      group,
      model: `openai/${alias}`,
      inputPrice: 1,
      outputPrice: 0,
    },
  );
const namesOf = async (teamId: string) => (await catalog.grantedTo(teamId)).map(({ name }) => name);

await createOrganization(context, { name: "Acme" });
await add("zeta");
await add("alpha");
await add("rare", "gold");
await createTeam(context, { name: "Plain", organizationId: "acme", actor: "cli" });
await createTeam(context, {
  name: "Golden",
  organizationId: "acme",
  groups: ["gold", "default", "gold"],
  actor: "cli",
});

test("gives a team the aliases of its groups, by name, and no others", async () => {
  expect(await namesOf("plain")).toEqual(["alpha", "zeta"]);
  expect(await namesOf("golden")).toEqual(["alpha", "rare", "zeta"]);
  expect(await namesOf("nobody")).toEqual([]);
});

test("tells what a call needs of an alias", async () => {
  expect(await catalog.alias("alpha")).toMatchObject({
    name: "alpha",
    mode: "chat",
    version: 1,
    extraParams: [],
    defaultOutputTokens: null,
    maxOutputTokens: null,
    targets: [
      {
        model: "openai/alpha",
        weight: 1,
        timeoutMs: 600_000,
        retries: 2,
        prices: { ...noPrices, input: 1_000_000_000n, output: 0n },
      },
    ],
  });
  expect(await catalog.alias("unheard-of")).toBeUndefined();
});

test("answers from memory until models change, or tenants for what is granted", async () => {
  await namesOf("plain");
  await add("beta");
  expect(await namesOf("plain")).toEqual(["alpha", "zeta"]);
  expect(await catalog.alias("beta")).toBeUndefined();
  changes.announce("models");
  expect(await namesOf("plain")).toEqual(["alpha", "beta", "zeta"]);
  expect((await catalog.alias("beta"))?.name).toBe("beta");

  await database.query("delete from team_access_groups where team_id = 'plain'");
  expect(await namesOf("plain")).toHaveLength(3);
  changes.announce("tenants");
  expect(await namesOf("plain")).toEqual([]);
});

test("reads anew while heartbeats are missing", async () => {
  await namesOf("golden");
  changes.isFresh = false;
  await add("gamma");
  expect(await namesOf("golden")).toContain("gamma");
  changes.isFresh = true;
});

test("shows no disabled alias", async () => {
  await database.query("update model_aliases set status = 'disabled' where name = 'rare'");
  changes.announce("models");
  expect(await namesOf("golden")).not.toContain("rare");
  expect(await catalog.alias("rare")).toBeUndefined();
});
