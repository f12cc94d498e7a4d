import type { Context } from "../context.ts";
import { type Page, type PageStart, readPage } from "../http/pagination.ts";
import { microsToCredits } from "../kernel/money.ts";
import { isSlug } from "../kernel/slugs.ts";
import { listOrder } from "../organizations/list-order.ts";
import { readSettings } from "../settings/change.ts";
import { toSettings } from "../settings/settings.ts";
import { type ListedTeam, selectTeams, type TeamOrder } from "./list-store.ts";
import type { ListedTeamView, TeamSort, TeamStatus } from "./schema.ts";
import { toTeamView } from "./views.ts";

const dayMs = 86_400_000;
/** How many days of charges a row tells, today's among them. */
const CHARGED_DAYS = 30;

/** Teams by name unless sorted otherwise, without deleted ones unless asked for. Throws `invalid_request`. */
export function listTeams(
  context: Context,
  query: {
    organizationId?: string | undefined;
    status?: TeamStatus | undefined;
    search?: string | undefined;
    plan?: string | undefined;
    group?: string | undefined;
    alias?: string | undefined;
    balance?: "low" | undefined;
    sort?: TeamSort | undefined;
    limit?: number;
    cursor?: string;
  } = {},
): Promise<Page<ListedTeamView>> {
  const now = context.clock.now();
  const today = Math.floor(now / dayMs);
  const days = Array.from({ length: CHARGED_DAYS }, (_, index) =>
    new Date((today - CHARGED_DAYS + 1 + index) * dayMs).toISOString().slice(0, 10),
  );
  return readPage(query, {
    of: "teams",
    read: async (start: PageStart<string> | undefined, limit) =>
      selectTeams(context.database.drizzle, new Date(now), {
        filter: query,
        order: orderOf(query.sort),
        start,
        limit,
        chargedFrom: new Date((today - CHARGED_DAYS + 1) * dayMs),
        lowBalanceMicros: toSettings((await readSettings(context)).values).lowBalanceMicros,
      }),
    keyOf: (team) => team.id,
    parseKey: (text): string | undefined => (isSlug(text) ? text : undefined),
    toItem: (team) => toListedTeamView(team, now, days),
  });
}

function orderOf(sort: TeamSort | undefined): TeamOrder {
  if (sort === "balance" || sort === "-balance") {
    return { by: "balance", descending: sort === "-balance" };
  }
  return listOrder(sort);
}

function toListedTeamView(team: ListedTeam, nowMs: number, days: string[]): ListedTeamView {
  const { balance, held, creditLimit } = team;
  const available = creditLimit === null ? null : balance + creditLimit - held;
  return {
    ...toTeamView(team, nowMs),
    organization_name: team.organizationName,
    balance: microsToCredits(balance),
    available: available === null ? null : microsToCredits(available),
    low_balance: team.lowBalance,
    charged_by_day: days.map((day) => microsToCredits(team.chargedByDay.get(day) ?? 0n)),
    last_used_at: team.lastUsedAt?.toISOString() ?? null,
  };
}
