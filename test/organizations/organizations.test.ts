import { expect, test } from "vitest";
import { createOrganization, listOrganizations } from "../../server/organizations/organizations.ts";
import { testDatabase } from "../harness.ts";
import { testContext } from "../harness/context.ts";

const { database } = await testDatabase();
const context = await testContext(database);

const tenantsVersion = async () => {
  const rows = await database.query<{ version: string }>(
    "select version::text as version from config_versions where kind = 'tenants'",
  );
  return Number(rows[0]?.version ?? 0);
};

test("makes the id from the name and numbers those that are taken", async () => {
  expect(await createOrganization(context, { name: "Café Zürich, Inc." })).toEqual({
    organizationId: "cafe-zurich-inc",
  });
  expect(await createOrganization(context, { name: "Cafe Zurich Inc" })).toEqual({
    organizationId: "cafe-zurich-inc-2",
  });
  expect(await createOrganization(context, { name: "café zürich inc" })).toEqual({
    organizationId: "cafe-zurich-inc-3",
  });
});

test("gives each of many created at once an id of its own", async () => {
  const created = await Promise.all(
    Array.from({ length: 8 }, () => createOrganization(context, { name: "Crowd" })),
  );
  const ids = created.map(({ organizationId }) => organizationId).sort();
  expect(ids).toEqual(["crowd", ...[2, 3, 4, 5, 6, 7, 8].map((number) => `crowd-${number}`)]);
});

test("shortens a long name so that its number still fits", async () => {
  const name = "a".repeat(100);
  const first = await createOrganization(context, { name });
  const second = await createOrganization(context, { name });
  expect(first.organizationId).toBe("a".repeat(63));
  expect(second.organizationId).toBe(`${"a".repeat(61)}-2`);
});

test("refuses a given id that is taken, naming field and value, and changes nothing", async () => {
  await createOrganization(context, { name: "Taken", id: "taken" });
  const before = await tenantsVersion();
  await expect(createOrganization(context, { name: "Other", id: "taken" })).rejects.toMatchObject({
    code: "slug_taken",
    hints: { field: "id", value: "taken" },
  });
  expect(await tenantsVersion()).toBe(before);
});

test("asks for an id when the name has nothing to make one from", async () => {
  await expect(createOrganization(context, { name: "東京" })).rejects.toMatchObject({
    code: "invalid_request",
    hints: { field: "id" },
  });
});

test("raises the version of the tenants with the change", async () => {
  const before = await tenantsVersion();
  await createOrganization(context, { name: "Raises" });
  expect(await tenantsVersion()).toBe(before + 1);
});

test("lists organizations by name, without deleted ones", async () => {
  await createOrganization(context, { name: "AAA first" });
  await createOrganization(context, { name: "AAA gone", id: "gone" });
  await database.query("update organizations set status = 'deleted' where id = $1", ["gone"]);
  const { data } = await listOrganizations(context);
  expect(data[0]).toMatchObject({
    organization_id: "aaa-first",
    team_count: 0,
    status: "active",
  });
  expect(data.map(({ organization_id }) => organization_id)).not.toContain("gone");
});
