import { afterAll, expect, test } from "vitest";
import { systemAuthor } from "../../server/audit/audit.ts";
import { SettingsCatalog } from "../../server/settings/catalog.ts";
import { changeSettings } from "../../server/settings/change.ts";
import { testApp, testContext } from "../harness.ts";
import { ManualChanges } from "../harness/changes.ts";

const { database, context, send } = await testApp();
const changes = new ManualChanges();
const settings = new SettingsCatalog(await testContext(database, { changes }));
afterAll(() => {
  settings.stop();
  expect(changes.listenerCount).toBe(0);
});

const change = (values: Parameters<typeof changeSettings>[2]["values"]) =>
  changeSettings(context, systemAuthor, { values });

test("settings are answered from memory until they change", async () => {
  expect(await settings.read()).toEqual({
    creditPriceNanos: 100_000_000n,
    brand: "Jobs API",
    storeBodies: "none",
    storeBodiesDays: 30,
    callsRetentionDays: null,
    lowBalanceMicros: null,
    expiryNoticeDays: 7,
  });
  await change({ credit_price_usd: 0.25, store_bodies: "errors", low_balance_credits: 1.5 });
  expect((await settings.read()).storeBodies).toBe("none");
  changes.announce("settings");
  expect(await settings.read()).toMatchObject({
    creditPriceNanos: 250_000_000n,
    storeBodies: "errors",
    lowBalanceMicros: 1_500_000n,
  });
});

test("changes at the same time follow one another, and none is lost", async () => {
  const days = Array.from({ length: 8 }, (_, index) => index + 10);
  const states = await Promise.all([
    ...days.map((store_bodies_days) => change({ store_bodies_days })),
    change({ expiry_notice_days: 3 }),
  ]);
  expect(new Set(states.map(({ version }) => version)).size).toBe(9);
  changes.announce("settings");
  expect(await settings.read()).toMatchObject({ expiryNoticeDays: 3, storeBodies: "errors" });
});

test("the brand titles the document and the page of the team API", async () => {
  const titleOf = async () =>
    ((await send("GET", "/openapi.json")).body as { info: { title: string } }).info.title;
  expect(await titleOf()).toBe("Jobs API");
  await change({ brand: "Aperture <Jobs>" });
  expect(await titleOf()).toBe("Aperture <Jobs>");
  expect((await send("GET", "/docs")).text).toContain("<title>Aperture &#60;Jobs&#62;</title>");
});
