import { afterAll, expect, test } from "vitest";
import { systemAuthor } from "../../server/audit/audit.ts";
import { changeModel, deleteModel } from "../../server/models/alias-changes.ts";
import { createModelCatalog } from "../../server/models/catalog.ts";
import { changeCredential, createCredential } from "../../server/models/credentials.ts";
import { readGatewayConfig } from "../../server/models/gateway-config.ts";
import { changeGroup } from "../../server/models/groups.ts";
import { seedModel, seedTeam, testApp } from "../harness.ts";

const { context, gateway, send } = await testApp();
const catalog = createModelCatalog(context);
afterAll(() => catalog.stop());

const acme = await seedTeam(context, { id: "acme-team", credits: 100 });
const other = await seedTeam(context, { id: "other-team", credits: 100 });
const own = await createCredential(context, systemAuthor, {
  name: "Acme's own",
  apiKey: "sk-of-acme",
  organizationId: acme.organizationId,
});
await seedModel(context, gateway.upstream, { alias: "mixed" });
const free = { inputPrice: 0, outputPrice: 0 };
await changeModel(context, gateway.upstream, systemAuthor, {
  alias: "mixed",
  targets: [
    { model: "loopback-everyone", inputPrice: 1, outputPrice: 2 },
    { model: "loopback-acme", credentialId: own.credential_id, ...free },
  ],
});
await seedModel(context, gateway.upstream, {
  alias: "acme-only",
  credentialId: own.credential_id,
});
const serve = async () => gateway.upstream.apply(await readGatewayConfig(context));
await serve();

const aliasOf = async (teamId: string, name: string) =>
  (await catalog.grantedTo(teamId)).find((alias) => alias.name === name)!;
const ask = (key: string, model: string) =>
  send("POST", "/v1/chat/completions", {
    key,
    body: { model, messages: [{ role: "user", content: "Hi" }] },
  });

test("a target with an organization's credential serves that organization's teams only", async () => {
  const mine = await aliasOf(acme.teamId, "mixed");
  expect(mine.gatewayName).toBe(`mixed@${acme.organizationId}`);
  expect(mine.targets.map(({ model }) => model)).toEqual(["loopback-everyone", "loopback-acme"]);
  const theirs = await aliasOf(other.teamId, "mixed");
  expect(theirs.gatewayName).toBe("mixed");
  expect(theirs.targets.map(({ model }) => model)).toEqual(["loopback-everyone"]);
});

test("the organization's key stands only in the models that its teams are sent to", async () => {
  const { models } = await readGatewayConfig(context);
  const keys = models.map(({ alias, targets }) => [alias, targets.map(({ apiKey }) => apiKey)]);
  expect(Object.fromEntries(keys)).toEqual({
    mixed: [undefined],
    [`mixed@${acme.organizationId}`]: [undefined, "sk-of-acme"],
    [`acme-only@${acme.organizationId}`]: ["sk-of-acme"],
  });
});

test("another organization's call to a model without a target of its own is refused at once", async () => {
  expect((await ask(acme.key, "acme-only")).status).toBe(200);
  const refused = await ask(other.key, "acme-only");
  expect(refused).toMatchObject({ status: 503, body: { error: { code: "model_unavailable" } } });
  expect(refused.headers.get("x-should-retry")).toBe("false");
  expect(refused.text).not.toMatch(/acme-team|sk-of-acme|loopback/);
});

test("a credential that is switched off leaves its organization the other targets", async () => {
  await changeCredential(context, systemAuthor, {
    credentialId: own.credential_id,
    enabled: false,
  });
  await serve();
  const mine = await aliasOf(acme.teamId, "mixed");
  expect(mine).toMatchObject({ gatewayName: "mixed", targets: [{ model: "loopback-everyone" }] });
  expect((await ask(acme.key, "mixed")).status).toBe(200);
  const refused = await ask(acme.key, "acme-only");
  expect(refused).toMatchObject({ status: 503, body: { error: { code: "model_unavailable" } } });
});

test("a call that began before a change is priced by what it began with", async () => {
  const before = await aliasOf(other.teamId, "mixed");
  await changeModel(context, gateway.upstream, systemAuthor, {
    alias: "mixed",
    targets: [{ model: "loopback-new", inputPrice: 9, outputPrice: 9 }],
  });
  const after = await aliasOf(other.teamId, "mixed");
  expect(before.targets[0]!.prices.input).toBe(1_000_000_000n);
  expect(after.targets[0]!.prices.input).toBe(9_000_000_000n);
  expect(after.targets[0]!.id).not.toBe(before.targets[0]!.id);
});

test("a team loses a deleted model and one that left its group", async () => {
  const without = (alias: string) => (names: readonly string[]) =>
    names.filter((name) => name !== alias);
  const change = { groupId: "default", models: without("mixed") };
  await changeGroup(context, systemAuthor, change);
  expect(await aliasOf(other.teamId, "mixed")).toBeUndefined();
  await deleteModel(context, systemAuthor, "mixed");
  expect((await ask(other.key, "mixed")).status).toBe(403);
});
