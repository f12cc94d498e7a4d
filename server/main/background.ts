import { deleteOldBodies } from "../bodies/bodies.ts";
import { countBudgets } from "../budgets/spending.ts";
import type { Context } from "../context.ts";
import { Background } from "../instance/background.ts";
import { tellNotices } from "../notices/notices.ts";
import { dropOldCalls } from "../retention/call-partitions.ts";
import type { Settings } from "../settings/settings.ts";

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;

/** What has to be done now and then beside upkeep, and that nothing waits for. */
export function createBackground(context: Context, settings: () => Promise<Settings>): Background {
  return new Background(
    [
      { name: "budgets", intervalMs: 10 * SECOND_MS, run: () => countBudgets(context) },
      {
        name: "notices",
        intervalMs: 15 * SECOND_MS,
        run: async () => tellNotices(context, await settings()),
      },
      {
        name: "bodies",
        intervalMs: MINUTE_MS,
        run: async () => void (await deleteOldBodies(context, await settings())),
      },
      {
        name: "call retention",
        intervalMs: 10 * MINUTE_MS,
        run: async () => void (await dropOldCalls(context, await settings())),
      },
    ],
    context.log,
  );
}
