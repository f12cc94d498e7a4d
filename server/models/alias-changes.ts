import type { Drizzle } from "../../db/client.ts";
import { type Author, recordAudit } from "../audit/audit.ts";
import { changeConfig } from "../config-change.ts";
import type { Context } from "../context.ts";
import { type Page, type PageStart, readPage } from "../http/pagination.ts";
import { DomainError } from "../kernel/errors.ts";
import { uuidV7 } from "../kernel/ids.ts";
import { requireVersion } from "../kernel/versions.ts";
import type { Upstream } from "../litellm/upstream.ts";
import { checkSettings, givenSettings, type GivenSettings } from "./alias-settings.ts";
import { auditState, toModelView, type WholeAlias } from "./alias-views.ts";
import { nameKey, parseNameKey } from "./name-page.ts";
import type { ModelView } from "./schema.ts";
import * as store from "./alias-store.ts";
import type { AliasRow, TargetRow } from "./store.ts";
import {
  type AliasMode,
  changedColumns,
  readPricing,
  requireCredentials,
  type TargetInput,
} from "./targets.ts";

export interface ModelChange extends GivenSettings {
  alias: string;
  /** All targets, in order; one with an id stays the same target. Undefined = they stay. */
  targets?: readonly (TargetInput & { targetId?: string | undefined })[] | undefined;
  version?: number | undefined;
}

/** The most teams and groups that a refusal names. */
const NAMED = 20;

/**
 * Changes what is named. Running calls go on as they began; new ones take the change within a second.
 * Throws `not_found`, `version_conflict`, `model_unpriced`, `amount_invalid`, `invalid_request`.
 */
export async function changeModel(
  context: Context,
  upstream: Pick<Upstream, "priceBook">,
  author: Author,
  change: ModelChange,
): Promise<ModelView> {
  const { alias: name, version } = change;
  requireDistinct(change.targets?.flatMap(({ targetId: id }) => id?.toLowerCase() ?? []) ?? []);
  const at = new Date(context.clock.now());
  // Asked before the transaction: a book that loads slowly would hold its locks.
  const pricing = await readPricing(upstream);
  await changeConfig(context, ["models"], async (transaction) => {
    const { alias: before, targets: old } = await requireLocked(transaction, name);
    requireVersion(before.version, version, { noun: `model ${name}` });
    const settings = givenSettings(change);
    checkSettings({ ...before, ...settings });
    const mode = (settings.mode ?? before.mode) as AliasMode;
    const targets =
      change.targets?.map((target, position) => {
        const same = requireTarget(old, target.targetId);
        const id = same?.id ?? uuidV7(context.clock.now());
        return {
          ...changedColumns(pricing, mode, target, same),
          ...{ id, aliasId: before.id, position },
        };
      }) ?? old;
    if (change.targets) {
      await requireCredentials(transaction, change.targets);
      await store.replaceTargets(transaction, before.id, targets);
    }
    await store.updateAlias(transaction, before.id, settings, at);
    await recordAudit(transaction, at, author, {
      action: "model.update",
      subject: { kind: "model", id: name },
      before: auditState(before, old),
      after: auditState({ ...before, ...settings }, targets),
    });
  });
  return readModel(context, name);
}

/** The target that a change names; undefined = it names none. */
function requireTarget(
  old: readonly TargetRow[],
  given: string | undefined,
): TargetRow | undefined {
  if (given === undefined) return undefined;
  const found = old.find((target) => target.id === given.toLowerCase());
  if (found) return found;
  throw new DomainError(
    "invalid_request",
    `target_id is ${JSON.stringify(given)}, which is no target of this model; leave it out for a new one.`,
    { hints: { field: "targets", value: given } },
  );
}

function requireDistinct(targetIds: readonly string[]): void {
  const twice = targetIds.find((id, index) => targetIds.indexOf(id) !== index);
  if (twice === undefined) return;
  throw new DomainError(
    "invalid_request",
    `target_id ${JSON.stringify(twice)} is given twice; each target may stand there once.`,
    { hints: { field: "targets", value: twice } },
  );
}

/** Deletes an alias that nothing names any more. Throws `not_found`, `model_in_use` naming groups and teams. */
export async function deleteModel(context: Context, author: Author, name: string): Promise<void> {
  const at = new Date(context.clock.now());
  await changeConfig(context, ["models"], async (transaction) => {
    const { alias, targets, groups } = await requireLocked(transaction, name);
    const users = await store.selectNamingTeams(transaction, name, NAMED);
    requireUnused(name, { groups, ...users });
    await store.deleteAlias(transaction, alias.id);
    await recordAudit(transaction, at, author, {
      action: "model.delete",
      subject: { kind: "model", id: name },
      before: auditState(alias, targets),
      after: null,
    });
  });
}

function requireUnused(
  name: string,
  use: { groups: readonly string[]; defaultOf: string[]; jobTypeOf: string[] },
): void {
  const reasons = [
    ["in the groups", use.groups.slice(0, NAMED)],
    ["the default of the teams", use.defaultOf],
    ["set for a job type of the teams", use.jobTypeOf],
  ] as const;
  const told = reasons.filter(([, ids]) => ids.length > 0);
  if (told.length === 0) return;
  throw new DomainError(
    "model_in_use",
    `The model ${JSON.stringify(name)} is ${told.map(([is, ids]) => `${is} ${ids.join(", ")}`).join("; it is ")}. Change that first, or disable the model.`,
    {
      hints: {
        field: "alias",
        value: name,
        groups: use.groups.slice(0, NAMED),
        default_of_teams: use.defaultOf,
        job_type_of_teams: use.jobTypeOf,
      },
    },
  );
}

/** Throws `not_found`. */
export async function readModel(context: Context, name: string): Promise<ModelView> {
  const [row] = await store.selectAliasRows(context.database.drizzle, { name });
  if (!row) throw modelNotFound(name);
  const [whole] = await withParts(context.database.drizzle, [row]);
  return toModelView(whole!);
}

/** Aliases by name with their targets and groups. No credentials' secrets. */
export async function listModels(
  context: Context,
  query: {
    search?: string;
    status?: "active" | "disabled";
    group?: string;
    limit?: number;
    cursor?: string;
  } = {},
): Promise<Page<ModelView>> {
  const { drizzle } = context.database;
  const page = await readPage(query, {
    of: "models",
    read: (start: PageStart<string> | undefined, limit) =>
      store.selectAliasPage(drizzle, {
        search: query.search,
        status: query.status,
        group: query.group,
        start,
        limit,
      }),
    keyOf: (row) => nameKey(row.name),
    parseKey: parseNameKey,
    toItem: (row) => row,
  });
  return { ...page, data: (await withParts(drizzle, page.data)).map(toModelView) };
}

async function requireLocked(transaction: Drizzle, name: string): Promise<WholeAlias> {
  const [row] = await store.selectAliasRows(transaction, { name, lock: true });
  if (!row) throw modelNotFound(name);
  const [whole] = await withParts(transaction, [row]);
  return whole!;
}

async function withParts(drizzle: Drizzle, rows: readonly AliasRow[]): Promise<WholeAlias[]> {
  const ids = rows.map((row) => row.id);
  const targets = await store.selectTargets(drizzle, ids);
  const groups = await store.selectMemberships(drizzle, ids);
  return rows.map((alias) => ({
    alias,
    targets: targets.filter((target) => target.aliasId === alias.id),
    groups: groups.get(alias.id) ?? [],
  }));
}

const modelNotFound = (name: string) =>
  new DomainError("not_found", `There is no model ${JSON.stringify(name.slice(0, 200))}.`);
