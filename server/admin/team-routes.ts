import { Type } from "@sinclair/typebox";
import type { Context } from "../context.ts";
import { AllocationCreate, AllocationView } from "../credits/schema.ts";
import { allocateCredits } from "../credits/wallet.ts";
import { adminOperation, Reply, type Operation } from "../http/operation.ts";
import { DomainError } from "../kernel/errors.ts";
import { creditsToMicros, microsToCredits } from "../kernel/money.ts";
import { isSlug } from "../kernel/slugs.ts";
import { createKey } from "../keys/issue.ts";
import { KeyCreate, KeyCreated } from "../keys/schema.ts";
import { TeamCreate, TeamCreated, TeamDetailView, TeamFilter, TeamList } from "../teams/schema.ts";
import { createTeam, listTeams, readTeam } from "../teams/teams.ts";
import { toTeamDetailView, toTeamView } from "./team-views.ts";

const tag = "Teams";
const params = { team_id: Type.String({ description: "Id of a team.", examples: ["routing"] }) };

/** Teams, their keys and credits. */
export function teamOperations(context: Context): readonly Operation[] {
  return [
    adminOperation(
      "POST",
      "/api/teams",
      {
        operationId: "createTeam",
        summary: "Create a team",
        description:
          "With its wallet, first credits, access to models and first key: all of it or nothing.",
        tag,
        body: TeamCreate,
        success: { status: 201, description: "The team with its key.", schema: TeamCreated },
        problems: ["not_found", "slug_taken", "amount_invalid"],
      },
      async ({ body, principal }) => {
        const created = await createTeam(context, {
          name: body.name,
          organizationId: body.organization_id,
          id: body.id,
          creditsMicros: body.credits === undefined ? undefined : creditsToMicros(body.credits),
          groups: body.groups,
          actor: principal.actor,
        });
        const { secret, keyId } = created.key;
        return new Reply(
          {
            team_id: created.teamId,
            organization_id: body.organization_id,
            groups: created.groups,
            key_id: keyId,
            key: secret,
          },
          { status: 201 },
        );
      },
    ),

    adminOperation(
      "GET",
      "/api/teams",
      {
        operationId: "listTeams",
        summary: "List teams",
        description: "By name; at most 1,000.",
        tag,
        query: TeamFilter,
        success: { description: "The teams.", schema: TeamList },
      },
      async ({ query }) => {
        const teams = await listTeams(context, { organizationId: query.organization_id });
        return { data: teams.map(toTeamView) };
      },
    ),

    adminOperation(
      "GET",
      "/api/teams/:team_id",
      {
        operationId: "getTeam",
        summary: "Get a team",
        description: "With its wallet, access groups and keys. No secret is ever shown again.",
        tag,
        params,
        success: { description: "The team.", schema: TeamDetailView },
        problems: ["not_found"],
      },
      async ({ params: { team_id } }) =>
        toTeamDetailView(await readTeam(context, requireTeamId(team_id))),
    ),

    adminOperation(
      "POST",
      "/api/teams/:team_id/keys",
      {
        operationId: "createKey",
        summary: "Issue a virtual key",
        description: "The secret is shown this once.",
        tag,
        params,
        body: KeyCreate,
        success: { status: 201, description: "The key.", schema: KeyCreated },
        problems: ["not_found"],
      },
      async ({ body, params: { team_id } }) => {
        const name = body.name ?? "key";
        const expiresAt = body.expires_at === undefined ? undefined : new Date(body.expires_at);
        const key = await createKey(context, { teamId: requireTeamId(team_id), name, expiresAt });
        return new Reply(
          {
            key_id: key.keyId,
            team_id,
            name,
            key: key.secret,
            expires_at: expiresAt?.toISOString() ?? null,
          },
          { status: 201 },
        );
      },
    ),

    adminOperation(
      "POST",
      "/api/teams/:team_id/credits/allocate",
      {
        operationId: "allocateCredits",
        summary: "Allocate credits",
        description:
          "Adds one entry to the team's ledger. With an idempotency key, a repeat of the same amount answers the entry that was made and adds nothing; another amount is refused.",
        tag,
        params,
        body: AllocationCreate,
        idempotent: true,
        success: {
          description: "The ledger entry.",
          schema: AllocationView,
          headers: { "idempotency-replayed": "`true` when nothing was added now." },
        },
        problems: ["not_found", "amount_invalid"],
      },
      async ({ body, params: { team_id }, principal, request }) => {
        const allocation = await allocateCredits(context, {
          teamId: requireTeamId(team_id),
          amountMicros: creditsToMicros(body.credits),
          actor: principal.actor,
          reason: body.reason,
          idempotencyKey: oneKey(request.headers.get("idempotency-key"), body.idempotency_key),
        });
        const view: AllocationView = {
          team_id,
          entry_no: Number(allocation.entryNo),
          credits: microsToCredits(allocation.amountMicros),
          balance: microsToCredits(allocation.balanceAfterMicros),
          created_at: allocation.createdAt.toISOString(),
          replayed: allocation.replayed,
        };
        if (!allocation.replayed) return view;
        return new Reply(view, { headers: { "idempotency-replayed": "true" } });
      },
    ),
  ];
}

/** What cannot be an id is answered as any unknown one, before the database has to make sense of it. */
function requireTeamId(text: string): string {
  if (isSlug(text)) return text;
  throw new DomainError("not_found", `There is no team ${JSON.stringify(text)}.`);
}

function oneKey(header: string | null, field: string | undefined): string | undefined {
  if (header !== null && field !== undefined && header !== field) {
    throw new DomainError(
      "invalid_request",
      "The header Idempotency-Key and the field idempotency_key differ; send one of them.",
      { hints: { field: "idempotency_key" } },
    );
  }
  if (header !== null && !/^[ -~]{1,255}$/.test(header)) {
    throw new DomainError(
      "invalid_request",
      "The header Idempotency-Key must have 1 to 255 printable ASCII characters.",
      { hints: { field: "Idempotency-Key" } },
    );
  }
  return header ?? field;
}
