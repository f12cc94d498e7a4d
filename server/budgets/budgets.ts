import { type Author, recordAudit } from "../audit/audit.ts";
import { changeConfig } from "../config-change.ts";
import type { Context } from "../context.ts";
import { parseUuid, type Page, type PageStart, readPage } from "../http/pagination.ts";
import { DomainError } from "../kernel/errors.ts";
import { isUuid, uuidV7 } from "../kernel/ids.ts";
import { type Amount, nanosToUsd, usdToNanos } from "../kernel/money.ts";
import { requireVersion } from "../kernel/versions.ts";
import type { BudgetPeriodName, BudgetScope } from "./period.ts";
import { tenantNames } from "../organizations/tenant-names.ts";
import type { BudgetQuery, BudgetView } from "./schema.ts";
import { beginCounting } from "./spending.ts";
import * as store from "./store.ts";
import { toBudgetView, usagesOf } from "./usage.ts";

export interface NewBudget {
  scope: BudgetScope;
  subjectId: string;
  hard: boolean;
  period: BudgetPeriodName;
  limitUsd: Amount;
  alertPercents: readonly number[] | undefined;
}

const DEFAULT_ALERTS = [80, 100];

/**
 * Makes a budget, which counts from the start of its present period on: what was spent in it before is in it at once.
 * Throws `not_found` for a subject that there is not, `budget_exists`, `amount_invalid`.
 */
export async function createBudget(
  context: Context,
  input: NewBudget,
  author: Author,
): Promise<BudgetView> {
  const at = new Date(context.clock.now());
  const limitNanos = usdToNanos(input.limitUsd, "limit_usd");
  const row = await changeConfig(context, ["budgets"], async (transaction) => {
    // What cannot be an id is answered as any unknown one, before the database has to make sense of it.
    const subject =
      input.scope === "key" && !isUuid(input.subjectId)
        ? undefined
        : await store.lockSubject(transaction, input.scope, input.subjectId);
    if (!subject) throw subjectNotFound(input);
    const budget = await store.insertBudget(transaction, {
      id: uuidV7(at.getTime()),
      scope: input.scope,
      subjectId: input.subjectId,
      hard: input.hard,
      period: input.period,
      limitNanos,
      alertPercents: sortedAlerts(input.alertPercents ?? DEFAULT_ALERTS),
      createdAt: at,
      updatedAt: at,
    });
    if (!budget) throw budgetExists(input);
    await beginCounting(transaction, budget, at);
    await recordAudit(transaction, at, author, {
      action: "budget.create",
      ...auditedSubject(budget, subject),
      before: null,
      after: toState(budget),
    });
    return budget;
  });
  return readView(context, row);
}

export interface BudgetChanges {
  version: number;
  limitUsd: Amount | undefined;
  alertPercents: readonly number[] | undefined;
}

/** Changes limit or alerts. What it counts never changes: that is another budget. Throws `not_found`, `version_conflict`, `amount_invalid`. */
export async function changeBudget(
  context: Context,
  id: string,
  changes: BudgetChanges,
  author: Author,
): Promise<BudgetView> {
  const at = new Date(context.clock.now());
  const limitNanos =
    changes.limitUsd === undefined ? undefined : usdToNanos(changes.limitUsd, "limit_usd");
  const { alertPercents } = changes;
  const row = await changeConfig(context, ["budgets"], async (transaction) => {
    const before = isUuid(id) ? await store.lockBudget(transaction, id) : undefined;
    if (!before) throw budgetNotFound();
    requireVersion(before.version, changes.version, { noun: "the budget" });
    const after = await store.updateBudget(transaction, id, {
      ...(limitNanos === undefined ? {} : { limitNanos }),
      ...(alertPercents === undefined ? {} : { alertPercents: sortedAlerts(alertPercents) }),
      updatedAt: at,
    });
    await audit(transaction, at, author, { action: "budget.update", before, after });
    return after;
  });
  return readView(context, row);
}

/** From then on it counts no more; calls that hold in it release that as ever. Throws `not_found`. */
export async function deleteBudget(context: Context, id: string, author: Author): Promise<void> {
  const at = new Date(context.clock.now());
  await changeConfig(context, ["budgets"], async (transaction) => {
    const before = isUuid(id) ? await store.lockBudget(transaction, id) : undefined;
    if (!before) throw budgetNotFound();
    await store.updateBudget(transaction, id, { deletedAt: at, updatedAt: at });
    await audit(transaction, at, author, { action: "budget.delete", before, after: null });
  });
}

/** Throws `not_found`. */
export async function readBudget(context: Context, id: string): Promise<BudgetView> {
  const row = isUuid(id) ? await store.selectBudget(context.database.drizzle, id) : undefined;
  if (!row) throw budgetNotFound();
  return readView(context, row);
}

/** Newest first. Throws `invalid_request` for a cursor that is not ours. */
export async function listBudgets(context: Context, query: BudgetQuery): Promise<Page<BudgetView>> {
  const { drizzle } = context.database;
  const filter: store.BudgetFilter = {
    scope: query.scope,
    subjectId: query.subject_id,
    hard: query.kind === undefined ? undefined : query.kind === "hard",
    period: query.period,
  };
  const page = await readPage(query, {
    of: "budgets",
    read: (start: PageStart<string> | undefined, limit) =>
      store.selectBudgets(drizzle, filter, { start, limit }),
    keyOf: (row) => row.id,
    parseKey: parseUuid,
    toItem: (row: store.BudgetRow) => row,
  });
  return { ...page, data: await toViews(context, page.data) };
}

async function readView(context: Context, row: store.BudgetRow): Promise<BudgetView> {
  const [view] = await toViews(context, [row]);
  return view!;
}

async function toViews(context: Context, rows: store.BudgetRow[]): Promise<BudgetView[]> {
  const usages = await usagesOf(context, rows);
  const of = (scope: BudgetScope) =>
    rows.filter((row) => row.scope === scope).map(({ subjectId }) => subjectId);
  const names = await tenantNames(context.database.drizzle, {
    teams: of("team"),
    organizations: of("organization"),
  });
  return rows.map((row) => toBudgetView(row, usages.get(row.id)!, names));
}

async function audit(
  transaction: Parameters<typeof recordAudit>[0],
  at: Date,
  author: Author,
  entry: { action: string; before: store.BudgetRow; after: store.BudgetRow | null },
): Promise<void> {
  const { scope, subjectId } = entry.before;
  const subject = await store.selectSubject(transaction, scope as BudgetScope, subjectId);
  await recordAudit(transaction, at, author, {
    action: entry.action,
    ...auditedSubject(entry.before, subject),
    before: toState(entry.before),
    after: entry.after && toState(entry.after),
  });
}

const auditedSubject = (row: store.BudgetRow, subject: store.Subject) => ({
  subject: { kind: "budget", id: row.id },
  ...subject,
});

const toState = (row: store.BudgetRow) => ({
  scope: row.scope,
  subject_id: row.subjectId,
  kind: row.hard ? "hard" : "soft",
  period: row.period,
  limit_usd: nanosToUsd(row.limitNanos),
  alert_percents: row.alertPercents,
});

const sortedAlerts = (percents: readonly number[]) => [...percents].sort((a, b) => a - b);

const budgetNotFound = () => new DomainError("not_found", "There is no budget with this id.");

const subjectNotFound = ({ scope, subjectId }: NewBudget) =>
  new DomainError("not_found", `There is no ${scope} ${JSON.stringify(subjectId)}.`, {
    hints: { field: "subject_id", value: subjectId },
  });

const budgetExists = ({ scope, subjectId, hard, period }: NewBudget) =>
  new DomainError(
    "budget_exists",
    `The ${scope} ${JSON.stringify(subjectId)} has a ${hard ? "hard" : "soft"} budget with the period ${period} already: change that one.`,
    { hints: { field: "subject_id", value: subjectId } },
  );
