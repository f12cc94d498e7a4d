import { beforeAll, describe, expect, test } from "vitest";
import { systemAuthor } from "../../server/audit/audit.ts";
import { createBatch } from "../../server/credits/top-ups.ts";
import { codes, type Column, columns, matrix, origin, publicRoutes } from "./isolation-matrix.ts";
import { seedModel, seedTeam, type SeededTeam, testApp } from "../harness.ts";

const app = await testApp();

interface Tenants {
  own: SeededTeam;
  sibling: SeededTeam;
  stranger: SeededTeam;
  suspended: SeededTeam;
  paused: SeededTeam;
  ofPaused: SeededTeam;
  revokedKey: string;
  expiredKey: string;
}
let tenants: Tenants;
/** A job of its own for every cell, so that none finds what another has changed. */
const jobs = new Map<string, string>();

async function makeJob(key: string): Promise<string> {
  const { status, body } = await app.send("POST", "/api/jobs/create", {
    key,
    body: { job_type: "matrix" },
  });
  expect(status).toBe(201);
  return String(body["job_id"]);
}

/** Whose key a column sends, and whose resource it names. */
function partiesOf(column: Column): { key: string | undefined; target: SeededTeam } {
  const { own, sibling, stranger, suspended, paused, ofPaused } = tenants;
  switch (column) {
    case "own":
      return { key: own.key, target: own };
    case "other team":
      return { key: own.key, target: sibling };
    case "other organization":
      return { key: own.key, target: stranger };
    case "no key":
      return { key: undefined, target: own };
    case "revoked key":
      return { key: tenants.revokedKey, target: own };
    case "expired key":
      return { key: tenants.expiredKey, target: own };
    case "suspended":
      return { key: suspended.key, target: suspended };
    case "paused":
      return { key: paused.key, target: paused };
    case "organization paused":
      return { key: ofPaused.key, target: ofPaused };
  }
}

beforeAll(async () => {
  const { context, gateway, database } = app;
  await seedModel(context, gateway.upstream, { alias: "chat-fast" });
  await seedModel(context, gateway.upstream, { alias: "embed", mode: "embedding" });
  const credits = 1_000;
  const own = await seedTeam(context, { credits });
  const { organizationId } = own;
  const ended = await seedTeam(context, { id: "ended-keys", credits });
  const outdated = await seedTeam(context, { id: "outdated-keys", credits });
  tenants = {
    own,
    sibling: await seedTeam(context, { organizationId, credits }),
    stranger: await seedTeam(context, { credits }),
    suspended: await seedTeam(context, { credits }),
    paused: await seedTeam(context, { credits }),
    ofPaused: await seedTeam(context, { credits }),
    revokedKey: ended.key,
    expiredKey: outdated.key,
  };
  const { sibling, stranger, suspended, paused, ofPaused } = tenants;
  const teams = [own, sibling, stranger, suspended, paused, ofPaused];
  const { secrets } = await context.database.drizzle.transaction((transaction) =>
    createBatch(context, transaction, systemAuthor, {
      name: "Matrix",
      credits: 1,
      count: teams.length,
    }),
  );
  await database.query("update virtual_keys set allowed_origins = jsonb_build_array($1::text)", [
    origin,
  ]);
  for (const [index, { teamId }] of teams.entries()) codes.set(teamId, secrets[index]!);
  for (const route of Object.keys(matrix)) {
    for (const column of columns) {
      jobs.set(`${route} ${column}`, await makeJob(partiesOf(column).target.key));
    }
  }
  const now = new Date(app.clock.now());
  // Both are keys of the own team, so that only their state can be what refuses them.
  const move = `update virtual_keys set team_id = $1::text where id = $2::text::uuid`;
  await database.query(move, [own.teamId, ended.keyId]);
  await database.query(move, [own.teamId, outdated.keyId]);
  await database.query(
    `update virtual_keys set revoked_at = $1::timestamptz where id = $2::text::uuid`,
    [now, ended.keyId],
  );
  await database.query(
    `update virtual_keys set expires_at = $1::timestamptz where id = $2::text::uuid`,
    [new Date(now.getTime() - 1), outdated.keyId],
  );
  const become = `update teams set status = $1::text where id = $2::text`;
  await database.query(become, ["suspended", suspended.teamId]);
  await database.query(become, ["paused", paused.teamId]);
  await database.query(become.replace("teams", "organizations"), [
    "paused",
    ofPaused.organizationId,
  ]);
});

describe("tenant isolation", () => {
  test("has a row for every route of the app", async () => {
    const { body } = await app.send("GET", "/openapi.json");
    const { paths } = body as { paths: Record<string, Record<string, unknown>> };
    const methods = ["get", "post", "put", "patch", "delete"];
    const routes = Object.entries(paths).flatMap(([path, item]) =>
      Object.keys(item)
        .filter((method) => methods.includes(method))
        .map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(routes.toSorted()).toEqual([...Object.keys(matrix), ...publicRoutes].toSorted());
  });

  for (const [route, row] of Object.entries(matrix)) {
    for (const [index, column] of columns.entries()) {
      test(`${route} answers ${row.expected[index]}: ${column}`, async () => {
        const { key, target } = partiesOf(column);
        const named = { teamId: target.teamId, jobId: jobs.get(`${route} ${column}`)! };
        const [method = ""] = route.split(" ");
        const { status } = await app.send(method, row.path(named), {
          ...(key === undefined ? {} : { key }),
          ...(row.body ? { body: row.body(named) } : {}),
          ...(row.headers ? { headers: row.headers(named) } : {}),
        });
        expect(status).toBe(row.expected[index]);
      });
    }
  }

  test("the answer to another tenant's job is that to a missing one", async () => {
    const read = async (jobId: string) => {
      const { status, body } = await app.send("GET", `/api/jobs/${jobId}`, {
        key: tenants.own.key,
      });
      const { request_id: _, ...rest } = body;
      return { status, rest };
    };
    const missing = await read("019aaf3c-6a80-7c11-9d1b-2f9d1b6d2a10");
    expect(await read(jobs.get("GET /api/jobs/{job_id} other team")!)).toEqual(missing);
    expect(await read(jobs.get("GET /api/jobs/{job_id} other organization")!)).toEqual(missing);
  });

  for (const route of publicRoutes) {
    test(`${route} answers anybody`, async () => {
      const [method = "", path = ""] = route.split(" ");
      const { status } = await app.send(method, path);
      expect(status).toBe(200);
    });
  }
});
