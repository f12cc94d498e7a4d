import { Elysia, t } from "elysia";
import type { Context } from "../context.ts";
import {
  AllocationCreate,
  AllocationHeaders,
  AllocationView,
  type WalletView,
} from "../credits/schema.ts";
import { allocateCredits, type Wallet } from "../credits/wallet.ts";
import { DomainError } from "../kernel/errors.ts";
import { creditsToMicros, microsToCredits } from "../kernel/money.ts";
import { isSlug } from "../kernel/slugs.ts";
import { createKey, type listKeys } from "../keys/issue.ts";
import { KeyCreate, KeyCreated, type KeyView } from "../keys/schema.ts";
import { createOrganization, listOrganizations } from "../organizations/organizations.ts";
import {
  OrganizationCreate,
  OrganizationCreated,
  OrganizationList,
  type OrganizationView,
} from "../organizations/schema.ts";
import {
  TeamCreate,
  TeamCreated,
  TeamDetailView,
  TeamFilter,
  TeamList,
  type TeamView,
} from "../teams/schema.ts";
import { createTeam, listTeams, readTeam, type TeamDetail } from "../teams/teams.ts";
import { operation } from "./documented.ts";
import type { AdminGate } from "./gate.ts";

const changes = ["invalid_request", "origin_not_allowed"] as const;

/** Organizations, teams, their keys and credits. */
export function tenantRoutes(context: Context, gate: AdminGate) {
  return new Elysia({ normalize: false })
    .post(
      "/api/organizations",
      async ({ body, set }) => {
        const created = await createOrganization(context, body);
        set.status = 201;
        return { organization_id: created.organizationId, name: body.name };
      },
      {
        body: OrganizationCreate,
        ...operation({
          tag: "Tenants",
          summary: "Create an organization",
          answers: { 201: OrganizationCreated },
          problems: [...changes, "slug_taken"],
        }),
      },
    )
    .get(
      "/api/organizations",
      async () => ({
        data: (await listOrganizations(context)).map((row) => ({
          organization_id: row.id,
          name: row.name,
          status: row.status as OrganizationView["status"],
          team_count: row.teamCount,
          created_at: row.createdAt.toISOString(),
        })),
      }),
      operation({
        tag: "Tenants",
        summary: "List organizations",
        answers: { 200: OrganizationList },
      }),
    )
    .post(
      "/api/teams",
      async ({ body, request, set }) => {
        const created = await createTeam(context, {
          name: body.name,
          organizationId: body.organization_id,
          id: body.id,
          creditsMicros: body.credits === undefined ? undefined : creditsToMicros(body.credits),
          groups: body.groups,
          actor: gate.principal(request).actor,
        });
        set.status = 201;
        return {
          team_id: created.teamId,
          organization_id: body.organization_id,
          groups: [...created.groups],
          key_id: created.key.keyId,
          key: created.key.secret,
        };
      },
      {
        body: TeamCreate,
        ...operation({
          tag: "Tenants",
          summary: "Create a team with its wallet and first key",
          answers: { 201: TeamCreated },
          problems: [...changes, "amount_invalid", "not_found", "slug_taken"],
        }),
      },
    )
    .get(
      "/api/teams",
      async ({ query }) => ({
        data: (await listTeams(context, { organizationId: query.organization_id })).map(toTeamView),
      }),
      {
        query: TeamFilter,
        ...operation({
          tag: "Tenants",
          summary: "List teams",
          answers: { 200: TeamList },
          problems: ["invalid_request"],
        }),
      },
    )
    .get(
      "/api/teams/:id",
      async ({ params }) => toTeamDetailView(await readTeam(context, teamOf(params))),
      {
        params: teamId,
        ...operation({
          tag: "Tenants",
          summary: "Get a team with wallet, groups and keys",
          answers: { 200: TeamDetailView },
          problems: ["not_found"],
        }),
      },
    )
    .post(
      "/api/teams/:id/keys",
      async ({ body, params, set }) => {
        const name = body.name ?? "key";
        const expiresAt = body.expires_at === undefined ? undefined : new Date(body.expires_at);
        const key = await createKey(context, { teamId: teamOf(params), name, expiresAt });
        set.status = 201;
        return {
          key_id: key.keyId,
          team_id: params.id,
          name,
          key: key.secret,
          expires_at: expiresAt?.toISOString() ?? null,
        };
      },
      {
        params: teamId,
        body: KeyCreate,
        ...operation({
          tag: "Tenants",
          summary: "Issue a virtual key",
          answers: { 201: KeyCreated },
          problems: [...changes, "not_found"],
        }),
      },
    )
    .post(
      "/api/teams/:id/credits/allocate",
      async ({ body, headers, params, request, set }): Promise<AllocationView> => {
        const allocation = await allocateCredits(context, {
          teamId: teamOf(params),
          amountMicros: creditsToMicros(body.credits),
          actor: gate.principal(request).actor,
          reason: body.reason,
          idempotencyKey: oneKey(headers["idempotency-key"], body.idempotency_key),
        });
        if (allocation.replayed) set.headers["idempotency-replayed"] = "true";
        return {
          team_id: params.id,
          entry_no: Number(allocation.entryNo),
          credits: microsToCredits(allocation.amountMicros),
          balance: microsToCredits(allocation.balanceAfterMicros),
          created_at: allocation.createdAt.toISOString(),
          replayed: allocation.replayed,
        };
      },
      {
        params: teamId,
        body: AllocationCreate,
        headers: AllocationHeaders,
        ...operation({
          tag: "Tenants",
          summary: "Give a team credits",
          answers: { 200: AllocationView },
          problems: [...changes, "amount_invalid", "not_found", "idempotency_mismatch"],
        }),
      },
    );
}

const teamId = t.Object({ id: t.String({ examples: ["routing"] }) });

/** The team of a path. What cannot be an id is answered as any unknown one, before the database has to make sense of it. */
function teamOf(params: { id: string }): string {
  if (isSlug(params.id)) return params.id;
  throw new DomainError("not_found", `There is no team ${JSON.stringify(params.id)}.`);
}

function oneKey(header: string | undefined, field: string | undefined): string | undefined {
  if (header !== undefined && field !== undefined && header !== field) {
    throw new DomainError(
      "invalid_request",
      "The header Idempotency-Key and the field idempotency_key differ; send one of them.",
      { hints: { field: "idempotency_key" } },
    );
  }
  return header ?? field;
}

function toTeamView(team: TeamDetail["team"]): TeamView {
  return {
    team_id: team.id,
    organization_id: team.organizationId,
    name: team.name,
    // The table's check constraint admits no other.
    status: team.status as TeamView["status"],
    created_at: team.createdAt.toISOString(),
  };
}

function toTeamDetailView(detail: TeamDetail): TeamDetailView {
  return {
    ...toTeamView(detail.team),
    default_alias: detail.team.defaultAlias,
    groups: detail.groups,
    wallet: toWalletView(detail.wallet),
    keys: detail.keys.map(toKeyView),
  };
}

function toWalletView(wallet: Wallet): WalletView {
  const credits = (micros: bigint | null) => (micros === null ? null : microsToCredits(micros));
  return {
    balance: microsToCredits(wallet.balance),
    held: microsToCredits(wallet.held),
    available: credits(wallet.available),
    credit_limit: credits(wallet.creditLimit),
  };
}

function toKeyView(key: Awaited<ReturnType<typeof listKeys>>[number]): KeyView {
  return {
    key_id: key.id,
    name: key.name,
    last_four: key.lastFour,
    created_at: key.createdAt.toISOString(),
    expires_at: key.expiresAt?.toISOString() ?? null,
    revoked_at: key.revokedAt?.toISOString() ?? null,
    last_used_at: key.lastUsedAt?.toISOString() ?? null,
  };
}
