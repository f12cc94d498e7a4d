import { afterAll, expect, test } from "vitest";
import { PlanCatalog } from "../../server/pricing/catalog.ts";
import { SettingsCatalog } from "../../server/settings/catalog.ts";
import { ManualClock, testContext, testDatabase } from "../harness.ts";
import { ManualChanges } from "../harness/changes.ts";

const { database } = await testDatabase();
const changes = new ManualChanges();
const clock = new ManualClock();
const context = await testContext(database, { changes, clock });
const settings = new SettingsCatalog(context);
const plans = new PlanCatalog(context, settings);
const nobody = { teamId: "nobody", organizationId: "nowhere" };
afterAll(() => {
  plans.stop();
  settings.stop();
  expect(changes.listenerCount).toBe(0);
});

test("where nobody has chosen a plan, a job costs one credit", async () => {
  const start = await plans.jobStart(nobody, { jobType: "ocr" }, clock.now());
  expect(start).toEqual({
    plan_version_id: "00000000-0000-7000-8000-000000000001",
    terms: {
      kind: "flat",
      charged: "job",
      price: "1000000",
      failed_jobs: "free",
      free_failures: 10,
      credit_price_nanos: "100000000",
      max_calls: 100,
    },
    period: {
      period: "month",
      starts_at: "2026-11-01T00:00:00.000Z",
      ends_at: "2026-12-01T00:00:00.000Z",
    },
    max_cost_nanos: null,
    ends_by: null,
  });
});
