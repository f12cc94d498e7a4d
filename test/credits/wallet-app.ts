import { beforeEach } from "vitest";
import { uuidV7 } from "../../server/kernel/ids.ts";
import { adminApp, asCli } from "../admin/admin-app.ts";
import { seedTeam, testDatabase } from "../harness.ts";

/** A problem answer with this status and code. */
export const problem = (status: number, code: string) => ({ status, body: { code, status } });

/** The admin API on a database of the file's own, and before each test a new team with an empty wallet. */
export async function walletApp() {
  const { database } = await testDatabase();
  const { context, clock, send } = await adminApp(database);
  const team = { teamId: "", organizationId: "", path: "" };

  beforeEach(async () => {
    const { teamId, organizationId } = await seedTeam(context);
    Object.assign(team, { teamId, organizationId, path: `/api/teams/${teamId}/wallet` });
  });

  /** Ids of one millisecond have no order, and lists are by id: each change has an instant of its own. */
  const changing =
    (method: "POST" | "PATCH") =>
    (to: string, body: unknown, headers: Record<string, string> = {}) => {
      clock.advance(1);
      return send(method, to, { body, headers: { ...asCli, ...headers } });
    };

  return {
    context,
    clock,
    send,
    team,
    post: changing("POST"),
    patch: changing("PATCH"),
    get: (from: string) => send("GET", from, { headers: asCli }),
    /** A completed job of the team that was charged so much; no entry tells of it. */
    async chargedJob(credits: number): Promise<string> {
      const id = uuidV7(clock.now());
      await database.query(
        `insert into jobs (id, team_id, type, status, charged, created_at, last_activity_at, ended_at)
         values ($1::uuid, $2, 'summary', 'completed', $3::bigint, now(), now(), now())`,
        [id, team.teamId, credits * 1_000_000],
      );
      return id;
    },
    auditOf: (subjectId: string) =>
      database.query<{ action: string; actor: string; organization_id: string; after: object }>(
        "select action, actor, organization_id, after from audit_log where subject_id = $1 order by id",
        [subjectId],
      ),
  };
}
