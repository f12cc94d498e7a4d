import type { Context } from "../context.ts";
import { readWallet } from "../credits/wallet.ts";
import { microsToCredits } from "../kernel/money.ts";
import { plansWithin } from "../pricing/past.ts";
import { inWords } from "../pricing/words.ts";
import { readSettings } from "../settings/change.ts";
import { teamNotFound } from "../teams/unknown-team.ts";
import { spanOf } from "../usage/span.ts";
import type { Statement } from "./schema.ts";
import { selectLines, selectMark, selectOwner, type StatementRow } from "./store.ts";

/**
 * What a team's wallet did in a month, by the ledger alone: the opening balance and all lines are the closing balance, and that is
 * the opening balance of the month after. Throws `not_found`.
 */
export async function readStatement(
  context: Context,
  teamId: string,
  month: string,
): Promise<Statement> {
  const { database } = context;
  const now = new Date(context.clock.now());
  const { from, to } = spanOf({ period: month }, now.getTime());
  // After all that is due by now: what has expired stands in it.
  const wallet = await readWallet(context, teamId);
  const owner = await selectOwner(database.drizzle, teamId);
  if (!owner) throw teamNotFound(teamId);
  const [opening, closing] = await Promise.all([
    selectMark(database, wallet.id, from),
    selectMark(database, wallet.id, to),
  ]);
  const [rows, plans, { values }] = await Promise.all([
    selectLines(
      database,
      wallet.id,
      { after: opening.entryNo, until: closing.entryNo },
      { firstDay: dayOf(from), lastDay: dayOf(new Date(to.getTime() - 1)) },
    ),
    plansWithin(
      context,
      { teamId, organizationId: owner.organizationId },
      { from: laterOf(from, owner.createdAt), to: to < now ? to : now },
    ),
    readSettings(context),
  ]);
  return {
    brand: values.brand,
    team_id: teamId,
    team_name: owner.teamName,
    organization_id: owner.organizationId,
    organization_name: owner.organizationName,
    month,
    from: from.toISOString(),
    to: to.toISOString(),
    as_of: now.toISOString(),
    plans: plans.map(({ version, since }) => ({
      name: version.planName,
      since: since.toISOString(),
      in_words: inWords(version.plan, "team"),
    })),
    opening_balance: microsToCredits(opening.balance),
    closing_balance: microsToCredits(closing.balance),
    days: toDays(rows, opening.balance),
    totals: toTotals(rows),
  };
}

const dayOf = (instant: Date) => instant.toISOString().slice(0, 10);
const laterOf = (one: Date, other: Date) => (one > other ? one : other);

function toDays(rows: readonly StatementRow[], opening: bigint): Statement["days"] {
  let balance = opening;
  return grouped(rows, ({ day }) => day).map((ofDay) => {
    balance += sum(ofDay);
    return {
      day: ofDay[0]!.day,
      lines: ofDay.map(toLine),
      balance: microsToCredits(balance),
    };
  });
}

const toTotals = (rows: readonly StatementRow[]): Statement["totals"] =>
  grouped(rows, ({ kind, jobType }) => JSON.stringify([kind, jobType])).map((group) =>
    toLine({
      ...group[0]!,
      entries: group.reduce((all, { entries }) => all + entries, 0),
      amount: sum(group),
    }),
  );

/** Rows that have one name, by that name in ascending order. */
function grouped(
  rows: readonly StatementRow[],
  nameOf: (row: StatementRow) => string,
): StatementRow[][] {
  const groups = new Map<string, StatementRow[]>();
  for (const row of rows) groups.set(nameOf(row), [...(groups.get(nameOf(row)) ?? []), row]);
  return [...groups].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, group]) => group);
}

const sum = (rows: readonly StatementRow[]) => rows.reduce((all, { amount }) => all + amount, 0n);

const toLine = ({ kind, jobType, entries, amount }: Omit<StatementRow, "day">) => ({
  kind,
  job_type: jobType,
  entries,
  credits: microsToCredits(amount),
});
