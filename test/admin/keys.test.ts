import { describe, expect, test } from "vitest";
import { createKeyVerifier } from "../../server/keys/verify.ts";
import { seedTeam, testDatabase } from "../harness.ts";
import { adminApp, asCli } from "./admin-app.ts";

const { database, beforeEnd } = await testDatabase();
const { clock, context, send } = await adminApp(database);
const verifier = createKeyVerifier(context);
beforeEnd(() => verifier.stop());

const as = (method: string, path: string, body?: unknown) => {
  clock.advance(1);
  return send(method, `/api${path}`, { body, headers: asCli });
};
const problem = (status: number, code: string, rest: object = {}) => ({
  status,
  body: { code, status, ...rest },
});

interface Issued {
  key_id: string;
  key: string;
}

async function issue(body: object = {}): Promise<Issued & { teamId: string }> {
  const { teamId } = await seedTeam(context);
  const answer = await as("POST", `/teams/${teamId}/keys`, body);
  expect(answer.status).toBe(201);
  return { ...(answer.body as unknown as Issued), teamId };
}

const works = (secret: string, address: string | null = null) =>
  verifier.verify(secret, { address }).then(
    () => "works",
    (error: { code: string }) => error.code,
  );

describe("a key", () => {
  test("is issued with all it can have, and never shown again", async () => {
    const expires_at = new Date(clock.now() + 3_600_000).toISOString();
    const { key_id, key, teamId } = await issue({
      name: "production",
      expires_at,
      ip_allow_list: ["203.0.113.0/24", "2001:DB8::/32", "203.0.113.0/24"],
      limits: { concurrent_calls: 4 },
    });
    const shown = await as("GET", `/keys/${key_id}`);
    expect(shown).toMatchObject({
      status: 200,
      body: {
        key_id,
        team_id: teamId,
        name: "production",
        status: "active",
        prefix: key.slice(0, 7),
        last_four: key.slice(-4),
        ip_allow_list: ["203.0.113.0/24", "2001:db8::/32"],
        limits: { concurrent_calls: 4, requests_per_minute: null, tokens_per_minute: null },
        expires_at,
        revoked_at: null,
        last_used_at: null,
        rotated_from: null,
        version: 1,
      },
    });
    const list = await as("GET", `/teams/${teamId}/keys`);
    expect(list.body["data"]).toMatchObject([{ key_id }, { name: "default" }]);
    const audit = await as("GET", `/audit?team=${teamId}`);
    const stored = await database.query("select * from virtual_keys");
    for (const answer of [shown.text, list.text, audit.text, JSON.stringify(stored)]) {
      expect(answer).not.toContain(key);
    }
  });

  test("is changed under its version", async () => {
    const { key_id } = await issue({ name: "a" });
    const change = { name: "b", ip_allow_list: ["198.51.100.7"], version: 1 };
    expect(await as("PATCH", `/keys/${key_id}`, change)).toMatchObject({
      status: 200,
      body: { name: "b", ip_allow_list: ["198.51.100.7"], expires_at: null, version: 2 },
    });
    expect(await as("PATCH", `/keys/${key_id}`, change)).toMatchObject(
      problem(409, "version_conflict"),
    );
    const expires_at = new Date(clock.now() + 60_000).toISOString();
    await as("PATCH", `/keys/${key_id}`, { expires_at });
    expect((await as("PATCH", `/keys/${key_id}`, { expires_at: null })).body).toMatchObject({
      expires_at: null,
      ip_allow_list: ["198.51.100.7"],
      version: 4,
    });
  });

  test.each([
    [{ ip_allow_list: ["10.0.0.0/33"] }, "ip_allow_list[0]"],
    [{ ip_allow_list: ["10.0.0.1", "example.com"] }, "ip_allow_list[1]"],
    [{ ip_allow_list: "10.0.0.1" }, "ip_allow_list"],
    [{ expires_at: "2020-01-01T00:00:00Z" }, "expires_at"],
    [{ limits: { tokens_per_minute: 1.5 } }, "limits.tokens_per_minute"],
    [{ name: "" }, "name"],
    [{ key: "sk-mine" }, "key"],
  ])("refuses %j, new and changed", async (body, field) => {
    const { key_id, teamId } = await issue();
    const refused = problem(422, "invalid_request", { field });
    expect(await as("POST", `/teams/${teamId}/keys`, body)).toMatchObject(refused);
    expect(await as("PATCH", `/keys/${key_id}`, body)).toMatchObject(refused);
  });

  test("is revoked at once and for ever", async () => {
    const { key_id, key } = await issue();
    expect(await works(key)).toBe("works");
    const revoked = await as("POST", `/keys/${key_id}/revoke`);
    expect(revoked).toMatchObject({ status: 200, body: { status: "revoked", version: 2 } });
    const { revoked_at } = revoked.body;
    expect(await works(key)).toBe("key_revoked");
    expect((await as("POST", `/keys/${key_id}/revoke`)).body).toMatchObject({
      revoked_at,
      version: 2,
    });
    expect(await as("PATCH", `/keys/${key_id}`, { name: "x" })).toMatchObject(
      problem(409, "state_conflict"),
    );
    expect(await as("POST", `/keys/${key_id}/rotate`, {})).toMatchObject(
      problem(409, "state_conflict"),
    );
  });

  test("that is missing or of a deleted team is not found", async () => {
    const { key_id, key, teamId } = await issue();
    await as("DELETE", `/teams/${teamId}`);
    expect(await works(key)).toBe("key_unknown");
    for (const id of [key_id, "019aaf3c-6a80-7c11-9d1b-2f9d1b6d2a10", "nobody", "%00"]) {
      for (const [method, path, body] of [
        ["GET", ""],
        ["PATCH", "", {}],
        ["POST", "/rotate", {}],
        ["POST", "/revoke"],
      ] as const) {
        expect(await as(method, `/keys/${id}${path}`, body)).toMatchObject(
          problem(404, "not_found"),
        );
      }
    }
  });

  test("opens to nobody without proof", async () => {
    for (const [method, path] of [
      ["GET", "/keys/x"],
      ["PATCH", "/keys/x"],
      ["POST", "/keys/x/rotate"],
      ["POST", "/keys/x/revoke"],
      ["POST", "/teams/x/keys"],
    ] as const) {
      expect(await send(method, `/api${path}`)).toMatchObject(problem(401, "session_required"));
    }
  });
});

describe("rotation", () => {
  test("issues a key at once, and lets the old one work until the grace ends", async () => {
    const old = await issue({ name: "production", ip_allow_list: ["203.0.113.7"] });
    const rotated = await as("POST", `/keys/${old.key_id}/rotate`, { grace_seconds: 60 });
    const ends = new Date(clock.now() + 60_000).toISOString();
    expect(rotated).toMatchObject({
      status: 201,
      body: { rotated_from: old.key_id, old_key_works_until: ends, name: "production" },
    });
    const next = rotated.body as unknown as Issued;
    expect(next.key).not.toBe(old.key);
    expect((await as("GET", `/keys/${next.key_id}`)).body).toMatchObject({
      rotated_from: old.key_id,
      ip_allow_list: ["203.0.113.7"],
      expires_at: null,
    });
    const both = async () => [
      await works(old.key, "203.0.113.7"),
      await works(next.key, "203.0.113.7"),
    ];
    expect(await both()).toEqual(["works", "works"]);
    clock.advance(59_000);
    expect(await both()).toEqual(["works", "works"]);
    clock.advance(1_000);
    expect(await both()).toEqual(["key_expired", "works"]);
    expect(await as("POST", `/keys/${old.key_id}/rotate`, {})).toMatchObject(
      problem(409, "state_conflict"),
    );
  });

  test("without a grace ends the old key at once", async () => {
    const old = await issue();
    await as("POST", `/keys/${old.key_id}/rotate`, { grace_seconds: 0 });
    expect(await works(old.key)).toBe("key_revoked");
  });

  test("never lets a key live longer than it would have", async () => {
    const expires_at = new Date(clock.now() + 10_000).toISOString();
    const old = await issue({ expires_at });
    const { body } = await as("POST", `/keys/${old.key_id}/rotate`, {});
    expect(body["old_key_works_until"]).toBe(expires_at);
  });

  test("of two at once without a grace lets one through", async () => {
    const old = await issue();
    const answers = await Promise.all([
      as("POST", `/keys/${old.key_id}/rotate`, { grace_seconds: 0 }),
      as("POST", `/keys/${old.key_id}/rotate`, { grace_seconds: 0 }),
    ]);
    expect(answers.map(({ status }) => String(status)).sort()).toEqual(["201", "409"]);
  });

  test.each([{ grace_seconds: -1 }, { grace_seconds: 3_000_000 }, { grace: 5 }])(
    "refuses %j",
    async (body) => {
      const { key_id } = await issue();
      expect((await as("POST", `/keys/${key_id}/rotate`, body)).status).toBe(422);
    },
  );
});
