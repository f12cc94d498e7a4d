import type { Context } from "../context.ts";
import { parseUuid, type Page, type PageStart, readPage } from "../http/pagination.ts";
import { asLeader } from "../instance/leader.ts";
import { pageWithTenantNames, type WithoutTenantNames } from "../organizations/tenant-names.ts";
import type { Settings } from "../settings/settings.ts";
import type { NoticeQuery, NoticeView } from "./schema.ts";
import * as store from "./store.ts";

/** Wallets, budgets or grants that one statement looks at. */
const PAGE = 2_000;
const DAY_MS = 86_400_000;

/**
 * Background work: tells each crossing once, into the outbox, and forgets what has recovered, so that it is told when it
 * crosses again. Pages one after the other, each in a transaction that has the lock first and looks then: what two
 * instances find, they find one after the other.
 */
export async function tellNotices(
  context: Context,
  settings: Pick<Settings, "lowBalanceMicros" | "expiryNoticeDays">,
  pageSize = PAGE,
): Promise<void> {
  const { database } = context;
  const at = new Date(context.clock.now());
  const until = new Date(at.getTime() + settings.expiryNoticeDays * DAY_MS);
  await eachStretch(context, "wallets", pageSize, (transaction, stretch) =>
    store.tellWallets(transaction, at, stretch, settings.lowBalanceMicros),
  );
  await eachStretch(context, "budgets", pageSize, (transaction, stretch) =>
    store.tellBudgets(transaction, at, stretch),
  );
  await asLeader(database, "notices", async (transaction) => {
    await store.forgetGone(transaction, at);
    await store.tellExpiring(transaction, at, until, pageSize);
  });
}

/** Stops when another instance is at it: that one goes on. */
async function eachStretch(
  { database }: Context,
  table: "wallets" | "budgets",
  size: number,
  tell: (transaction: typeof database.drizzle, stretch: store.Stretch) => Promise<void>,
): Promise<void> {
  for (let after = ""; ;) {
    const upTo = await store.pageEnd(database.drizzle, table, { after, size });
    const done = await asLeader(database, "notices", async (transaction) => {
      await tell(transaction, { after, upTo });
      return true;
    });
    if (!done || upTo === undefined) return;
    after = upTo;
  }
}

/** Newest first. Throws `invalid_request` for a cursor that is not ours. */
export async function listNotices(context: Context, query: NoticeQuery): Promise<Page<NoticeView>> {
  const filter: store.NoticeFilter = {
    kind: query.kind,
    organizationId: query.organization_id,
    teamId: query.team_id,
  };
  const { drizzle } = context.database;
  const page = await readPage(query, {
    of: "notices",
    read: (start: PageStart<string> | undefined, limit) =>
      store.selectNotices(drizzle, filter, { start, limit }),
    keyOf: (row) => row.id,
    parseKey: parseUuid,
    toItem: toNoticeView,
  });
  return pageWithTenantNames(drizzle, page);
}

const toNoticeView = (row: store.NoticeRow): WithoutTenantNames<NoticeView> => ({
  notice_id: row.id,
  kind: row.kind as NoticeView["kind"],
  organization_id: row.organizationId,
  team_id: row.teamId,
  payload: row.payload,
  created_at: row.createdAt.toISOString(),
  delivered_at: row.deliveredAt?.toISOString() ?? null,
});
