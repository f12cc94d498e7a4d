import type { Drizzle } from "../../db/client.ts";
import { type Author, recordAudit } from "../audit/audit.ts";
import { changeConfig } from "../config-change.ts";
import type { Context } from "../context.ts";
import { type Page, type PageStart, readPage } from "../http/pagination.ts";
import { DomainError } from "../kernel/errors.ts";
import { isUuid, uuidV7 } from "../kernel/ids.ts";
import { seal } from "../kernel/sealing.ts";
import { requireVersion } from "../kernel/versions.ts";
import { requireOrganization } from "../organizations/organizations.ts";
import { type TenantNames, tenantNames } from "../organizations/tenant-names.ts";
import type { CredentialView } from "./credential-schema.ts";
import * as store from "./credential-store.ts";
import { CREDENTIAL_PURPOSE } from "./gateway-config.ts";
import { nameKey, parseNameKey } from "./name-page.ts";

/** Of a shorter key the last four characters would be too much. */
const SHORTEST_SHOWN_KEY = 12;

/** What a key is stored as: sealed, and the characters by which people know it. */
export function sealedKey(context: Context, apiKey: string | null) {
  if (apiKey === null) return { sealedKey: null, lastFour: null };
  return {
    sealedKey: seal(context.masterKey, CREDENTIAL_PURPOSE, apiKey),
    lastFour: apiKey.length >= SHORTEST_SHOWN_KEY ? apiKey.slice(-4) : null,
  };
}

/** Makes a provider credential. Throws `name_taken`, `not_found` for an unknown organization, `invalid_request`. */
export async function createCredential(
  context: Context,
  author: Author,
  input: {
    name: string;
    apiKey?: string | undefined;
    apiBase?: string | undefined;
    organizationId?: string | undefined;
    enabled?: boolean | undefined;
  },
): Promise<CredentialView> {
  checkBaseUrl(input.apiBase);
  const now = context.clock.now();
  const at = new Date(now);
  const row = {
    id: uuidV7(now),
    name: input.name,
    ...sealedKey(context, input.apiKey ?? null),
    apiBase: input.apiBase ?? null,
    organizationId: input.organizationId ?? null,
    enabled: input.enabled ?? true,
    createdAt: at,
    updatedAt: at,
  };
  await changeConfig(context, ["models"], async (transaction) => {
    if (row.organizationId !== null) await requireOrganization(transaction, row.organizationId);
    if (!(await store.insertCredential(transaction, row))) throw nameTaken(row.name);
    await recordAudit(transaction, at, author, {
      action: "credential.create",
      ...subjectOf(row),
      before: null,
      after: auditState(row),
    });
  });
  return readCredential(context, row.id);
}

export interface CredentialChange {
  credentialId: string;
  name?: string | undefined;
  /** Null = the provider wants none. */
  apiKey?: string | null | undefined;
  apiBase?: string | null | undefined;
  enabled?: boolean | undefined;
  version?: number | undefined;
}

/** Changes what is named. Throws `not_found`, `version_conflict`, `name_taken`, `invalid_request`. */
export async function changeCredential(
  context: Context,
  author: Author,
  change: CredentialChange,
): Promise<CredentialView> {
  const { credentialId, version, apiKey } = change;
  checkBaseUrl(change.apiBase);
  const at = new Date(context.clock.now());
  await changeConfig(context, ["models"], async (transaction) => {
    const before = await requireLocked(transaction, credentialId);
    requireVersion(before.version, version, { noun: `credential ${credentialId}` });
    const { name = before.name, apiBase = before.apiBase, enabled = before.enabled } = change;
    const key = apiKey === undefined ? {} : sealedKey(context, apiKey);
    requireKeyForNewPlace(before, { apiBase, apiKey });
    const after = { ...before, name, apiBase, enabled, ...key };
    if (await store.isNameTaken(transaction, after)) throw nameTaken(name);
    await store.updateCredential(transaction, credentialId, { name, apiBase, enabled, ...key }, at);
    await recordAudit(transaction, at, author, {
      action: "credential.update",
      ...subjectOf(before),
      before: auditState(before),
      // That the key is another one has to show, and two keys may end alike.
      after: { ...auditState(after), ...(apiKey === undefined ? {} : { key_changed: true }) },
    });
  });
  return readCredential(context, credentialId);
}

/** A key goes only where whoever sent it meant it to go: else a new base URL would be a way to read it. */
function requireKeyForNewPlace(
  before: store.CredentialRow,
  change: { apiBase: string | null; apiKey: string | null | undefined },
): void {
  const stays = change.apiBase === before.apiBase || before.sealedKey === null;
  if (stays || change.apiKey !== undefined) return;
  throw new DomainError(
    "invalid_request",
    "api_base changes where the key is sent: send api_key with it, or null for none.",
    { hints: { field: "api_key" } },
  );
}

/** Deletes a credential that no target uses. Throws `not_found`, `credential_in_use` naming aliases. */
export async function deleteCredential(
  context: Context,
  author: Author,
  credentialId: string,
): Promise<void> {
  const at = new Date(context.clock.now());
  await changeConfig(context, ["models"], async (transaction) => {
    const before = await requireLocked(transaction, credentialId);
    const models = aliasesOf(await store.selectUses(transaction, [credentialId]), credentialId);
    if (models.length > 0) {
      throw new DomainError(
        "credential_in_use",
        `The credential ${JSON.stringify(before.name)} is used by ${models.join(", ")}; give these models another one first, or switch it off.`,
        { hints: { field: "credential_id", value: credentialId, models } },
      );
    }
    await store.deleteCredential(transaction, credentialId);
    await recordAudit(transaction, at, author, {
      action: "credential.delete",
      ...subjectOf(before),
      before: auditState(before),
      after: null,
    });
  });
}

/** Throws `not_found`. */
export async function readCredential(context: Context, id: string): Promise<CredentialView> {
  const { drizzle } = context.database;
  const row = isUuid(id) ? await store.selectCredential(drizzle, id) : undefined;
  if (!row) throw credentialNotFound(id);
  const [view] = await toViews(drizzle, [row]);
  return view!;
}

/** Credentials by name. No key is ever among what is read. */
export async function listCredentials(
  context: Context,
  query: { search?: string; organization_id?: string; limit?: number; cursor?: string } = {},
): Promise<Page<CredentialView>> {
  const { drizzle } = context.database;
  const page = await readPage(query, {
    of: "credentials",
    read: (start: PageStart<string> | undefined, limit) =>
      store.selectCredentials(drizzle, {
        search: query.search,
        organizationId: query.organization_id,
        start,
        limit,
      }),
    keyOf: (row) => nameKey(row.name),
    parseKey: parseNameKey,
    toItem: (row) => row,
  });
  return { ...page, data: await toViews(drizzle, page.data) };
}

async function toViews(
  drizzle: Drizzle,
  rows: readonly store.CredentialRow[],
): Promise<CredentialView[]> {
  const ids = rows.map((row) => row.id);
  const uses = await store.selectUses(drizzle, ids);
  const organizations = rows.flatMap((row) => row.organizationId ?? []);
  const names = await tenantNames(drizzle, { teams: [], organizations });
  return rows.map((row) => toView(row, uses, names));
}

const toView = (
  row: store.CredentialRow,
  uses: readonly store.CredentialUse[],
  names: TenantNames,
): CredentialView => ({
  credential_id: row.id,
  name: row.name,
  has_key: row.sealedKey !== null,
  last_four: row.lastFour,
  api_base: row.apiBase,
  organization_id: row.organizationId,
  organization_name: row.organizationId && names.organization(row.organizationId),
  enabled: row.enabled,
  models: aliasesOf(uses, row.id),
  version: row.version,
  created_at: row.createdAt.toISOString(),
  updated_at: row.updatedAt.toISOString(),
});

const aliasesOf = (uses: readonly store.CredentialUse[], id: string) => [
  ...new Set(uses.filter((use) => use.credentialId === id).map((use) => use.alias)),
];

type Described = Pick<
  store.CredentialRow,
  "name" | "sealedKey" | "lastFour" | "apiBase" | "enabled" | "organizationId"
>;

const auditState = (row: Described) => ({
  name: row.name,
  has_key: row.sealedKey !== null,
  last_four: row.lastFour,
  api_base: row.apiBase,
  organization_id: row.organizationId,
  enabled: row.enabled,
});

const subjectOf = (row: { id: string; organizationId: string | null }) => ({
  subject: { kind: "credential", id: row.id },
  organizationId: row.organizationId,
});

async function requireLocked(transaction: Drizzle, id: string): Promise<store.CredentialRow> {
  const row = isUuid(id) ? await store.lockCredential(transaction, id) : undefined;
  if (!row) throw credentialNotFound(id);
  return row;
}

const credentialNotFound = (id: string) =>
  new DomainError("not_found", `There is no credential ${JSON.stringify(id)}.`);

const nameTaken = (name: string) =>
  new DomainError(
    "name_taken",
    `name is ${JSON.stringify(name)}, and another credential has this name; choose another.`,
    { hints: { field: "name", value: name } },
  );

/** Throws `invalid_request` for a base URL that is none. */
export function checkBaseUrl(apiBase: string | null | undefined): void {
  if (apiBase === undefined || apiBase === null) return;
  if (/^https?:\/\//i.test(apiBase) && URL.canParse(apiBase)) return;
  throw new DomainError(
    "invalid_request",
    `api_base is ${JSON.stringify(apiBase)}; it must be a URL such as https://api.example.com/v1.`,
    { hints: { field: "api_base" } },
  );
}
