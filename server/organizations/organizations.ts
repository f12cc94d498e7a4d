import type { Drizzle } from "../../db/client.ts";
import { changeConfig } from "../config-change.ts";
import type { Context } from "../context.ts";
import { DomainError } from "../kernel/errors.ts";
import { claimSlug } from "../kernel/slugs.ts";
import {
  insertOrganization,
  lockOrganizationStatus,
  selectOrganizations,
  type OrganizationListRow,
} from "./store.ts";

/** The most organizations that one list answers. */
const LIST_LIMIT = 1000;

/** Creates a customer. Its id is the one given, or made from the name. Throws `slug_taken`, `invalid_request`. */
export function createOrganization(
  context: Context,
  input: { name: string; id?: string | undefined },
): Promise<{ organizationId: string }> {
  const at = new Date(context.clock.now());
  return changeConfig(context, ["tenants"], async (transaction) => {
    const organizationId = await claimSlug({ ...input, noun: "an organization" }, (id) =>
      insertOrganization(transaction, { id, name: input.name, at }),
    );
    return { organizationId };
  });
}

/** Makes sure, within a transaction, that the organization exists and stays. Throws `not_found` naming it. */
export async function requireOrganization(
  transaction: Drizzle,
  organizationId: string,
): Promise<void> {
  const status = await lockOrganizationStatus(transaction, organizationId);
  if (status === undefined || status === "deleted") {
    throw new DomainError(
      "not_found",
      `There is no organization ${JSON.stringify(organizationId)}.`,
      { hints: { field: "organization_id", value: organizationId } },
    );
  }
}

/** All organizations but deleted ones, by name; at most 1,000. */
export function listOrganizations(context: Context): Promise<OrganizationListRow[]> {
  return selectOrganizations(context.database.drizzle, LIST_LIMIT);
}
