import type { Drizzle } from "../../db/client.ts";
import { type Author, recordAudit, systemAuthor } from "../audit/audit.ts";
import { changeConfig } from "../config-change.ts";
import type { Context } from "../context.ts";
import { type Page, type PageStart, readPage } from "../http/pagination.ts";
import { requireMetadata } from "../jobs/limits.ts";
import { DomainError } from "../kernel/errors.ts";
import { microsToCredits } from "../kernel/money.ts";
import { claimSlug, isSlug } from "../kernel/slugs.ts";
import { requireVersion } from "../kernel/versions.ts";
import { listOrder } from "./list-order.ts";
import { stateAt } from "./state.ts";
import type { ListSort, OrganizationStatus, OrganizationView } from "./schema.ts";
import {
  insertOrganization,
  lockOrganization,
  lockOrganizationStatus,
  type OrganizationListRow,
  type OrganizationRow,
  selectOrganization,
  selectOrganizations,
  updateOrganization,
} from "./store.ts";

/** Creates a customer. Its id is the one given, or made from the name. Throws `slug_taken`, `invalid_request`. */
export function createOrganization(
  context: Context,
  input: {
    name: string;
    id?: string | undefined;
    metadata?: Record<string, unknown> | undefined;
    /** Absent = the server itself. */
    author?: Author;
  },
): Promise<{ organizationId: string }> {
  const { name, metadata = {}, author = systemAuthor } = input;
  requireMetadata(metadata);
  const at = new Date(context.clock.now());
  return changeConfig(context, ["tenants"], async (transaction) => {
    const organizationId = await claimSlug({ ...input, noun: "an organization" }, (id) =>
      insertOrganization(transaction, { id, name, metadata, at }),
    );
    await recordAudit(transaction, at, author, {
      action: "organization.create",
      ...subjectOf(organizationId),
      before: null,
      after: { name, metadata, status: "active" },
    });
    return { organizationId };
  });
}

/** Changes name or metadata. Throws `not_found`, `version_conflict`, `invalid_request`. */
export async function changeOrganization(
  context: Context,
  author: Author,
  change: {
    organizationId: string;
    name?: string | undefined;
    metadata?: Record<string, unknown> | undefined;
    version?: number | undefined;
  },
): Promise<OrganizationView> {
  const { organizationId, version } = change;
  requireMetadata(change.metadata);
  const at = new Date(context.clock.now());
  await changeConfig(context, ["tenants"], async (transaction) => {
    const before = await requireLocked(transaction, organizationId);
    requireVersion(before.version, version, { noun: `organization ${organizationId}` });
    const { name = before.name, metadata = before.metadata } = change;
    await updateOrganization(transaction, organizationId, { name, metadata }, at);
    await recordAudit(transaction, at, author, {
      action: "organization.update",
      ...subjectOf(organizationId),
      before: auditState(before),
      after: auditState({ ...before, name, metadata }),
    });
  });
  return readOrganization(context, organizationId);
}

/** The organization, locked for a change. Throws `not_found`. */
export async function requireLocked(transaction: Drizzle, id: string): Promise<OrganizationRow> {
  const row = isSlug(id) ? await lockOrganization(transaction, id) : undefined;
  if (!row) throw organizationNotFound(id);
  return row;
}

/** Makes sure, within a transaction, that the organization exists and stays. Throws `not_found` naming it. */
export async function requireOrganization(
  transaction: Drizzle,
  organizationId: string,
): Promise<void> {
  const status = await lockOrganizationStatus(transaction, organizationId);
  if (status === undefined || status === "deleted") throw organizationNotFound(organizationId);
}

/** An organization with the number of its teams. Throws `not_found`. */
export async function readOrganization(context: Context, id: string): Promise<OrganizationView> {
  const row = isSlug(id) ? await selectOrganization(context.database.drizzle, id) : undefined;
  if (!row || row.status === "deleted") throw organizationNotFound(id);
  return toOrganizationView(row, context.clock.now());
}

/** Organizations by name unless sorted otherwise, without deleted ones unless asked for. Throws `invalid_request`. */
export function listOrganizations(
  context: Context,
  query: {
    status?: OrganizationStatus;
    search?: string;
    plan?: string;
    sort?: ListSort;
    limit?: number;
    cursor?: string;
  } = {},
): Promise<Page<OrganizationView>> {
  const now = context.clock.now();
  return readPage(query, {
    of: "organizations",
    read: (start: PageStart<string> | undefined, limit) =>
      selectOrganizations(context.database.drizzle, new Date(now), {
        filter: query,
        order: listOrder(query.sort),
        start,
        limit,
      }),
    keyOf: (organization) => organization.id,
    parseKey: (text): string | undefined => (isSlug(text) ? text : undefined),
    toItem: (organization) => toOrganizationView(organization, now),
  });
}

/** What the audit log tells of an organization. */
export const auditState = (organization: OrganizationRow) => ({
  name: organization.name,
  metadata: organization.metadata,
  status: organization.status,
  status_reason: organization.statusReason,
  paused_until: organization.pausedUntil?.toISOString() ?? null,
});

export const subjectOf = (organizationId: string) => ({
  subject: { kind: "organization", id: organizationId },
  organizationId,
});

function organizationNotFound(id: string): DomainError {
  return new DomainError("not_found", `There is no organization ${JSON.stringify(id)}.`, {
    hints: { field: "organization_id", value: id },
  });
}

export function toOrganizationView(row: OrganizationListRow, nowMs: number): OrganizationView {
  const { status, ...state } = stateAt(row, nowMs);
  return {
    organization_id: row.id,
    name: row.name,
    // The table's check constraint admits no other.
    status: status as OrganizationStatus,
    ...state,
    metadata: row.metadata,
    team_count: row.teamCount,
    balance: microsToCredits(row.balance),
    created_at: row.createdAt.toISOString(),
    updated_at: row.updatedAt.toISOString(),
    version: row.version,
  };
}
