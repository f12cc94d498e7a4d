import { afterEach, beforeEach, expect, test } from "vitest";
import { silentLog } from "../../server/kernel/log.ts";
import { sha256 } from "../../server/kernel/sealing.ts";
import { createKey } from "../../server/keys/issue.ts";
import { createKeyVerifier, type KeyVerifier } from "../../server/keys/verify.ts";
import { createOrganization } from "../../server/organizations/organizations.ts";
import { createTeam } from "../../server/teams/teams.ts";
import { ManualClock, testDatabase } from "../harness.ts";
import { ManualChanges } from "../harness/changes.ts";
import { testContext } from "../harness/context.ts";

const { database } = await testDatabase();
const clock = new ManualClock();
const changes = new ManualChanges();
const warnings: string[] = [];
const log = { ...silentLog, warn: (message: string) => void warnings.push(message) };
const context = { ...(await testContext(database, { clock, changes })), log };
await createOrganization(context, { name: "Acme" });

let verifier: KeyVerifier;
let teamId = "";
let secret = "";

beforeEach(async () => {
  const team = await createTeam(context, { name: "Team", organizationId: "acme", actor: "cli" });
  teamId = team.teamId;
  secret = team.key.secret;
  changes.isFresh = true;
  verifier = createKeyVerifier(context);
});

afterEach(async () => {
  await verifier.stop();
  expect(changes.listenerCount).toBe(0);
});

const change = (statement: string) => database.query(`${statement} where id = $1`, [teamId]);

test("tells whose key it is", async () => {
  expect(await verifier.verify(secret)).toMatchObject({
    keyName: "default",
    teamId,
    teamName: "Team",
    organizationId: "acme",
    teamStatus: "active",
    resumesAt: null,
    defaultAlias: null,
    jobTypeAliases: {},
  });
});

test("rejects what no key looks like and keys that were never issued", async () => {
  for (const wrong of [
    "",
    "sk-",
    "bearer",
    `sk-${"a".repeat(43)}`,
    `${secret} `,
    `sk-${"ä".repeat(43)}`,
  ]) {
    await expect(verifier.verify(wrong)).rejects.toMatchObject({ code: "key_unknown" });
  }
});

test("answers from memory until a change of keys or tenants is announced", async () => {
  await verifier.verify(secret);
  await change("update teams set name = 'Renamed'");
  expect((await verifier.verify(secret)).teamName).toBe("Team");
  changes.announce("models");
  expect((await verifier.verify(secret)).teamName).toBe("Team");
  changes.announce("tenants");
  expect((await verifier.verify(secret)).teamName).toBe("Renamed");
});

test("asks the database each time while heartbeats are missing", async () => {
  await verifier.verify(secret);
  await change("update teams set name = 'Renamed'");
  changes.isFresh = false;
  expect((await verifier.verify(secret)).teamName).toBe("Renamed");
});

test("rejects a revoked key once the change is announced", async () => {
  await verifier.verify(secret);
  await database.query("update virtual_keys set revoked_at = now() where team_id = $1", [teamId]);
  changes.announce("keys");
  await expect(verifier.verify(secret)).rejects.toMatchObject({ code: "key_revoked" });
});

test("rejects a key from its expiry on, also out of memory", async () => {
  const expiresAt = new Date(clock.now() + 1_000);
  const key = await createKey(context, { teamId, name: "short", expiresAt });
  expect((await verifier.verify(key.secret)).keyName).toBe("short");
  clock.advance(1_000);
  await expect(verifier.verify(key.secret)).rejects.toMatchObject({ code: "key_expired" });
});

test("tells that team or organization are suspended, the latter for all its teams", async () => {
  await change("update teams set status = 'suspended'");
  expect((await verifier.verify(secret)).teamStatus).toBe("suspended");
  await change("update teams set status = 'paused'");
  await database.query("update organizations set status = 'suspended' where id = 'acme'");
  changes.announce("tenants");
  expect(await verifier.verify(secret)).toMatchObject({ teamStatus: "suspended", resumesAt: null });
  await database.query("update organizations set status = 'active' where id = 'acme'");
});

test("counts a paused team as active once its pause is over, without any change", async () => {
  const until = new Date(clock.now() + 60_000).toISOString();
  await change(`update teams set status = 'paused', paused_until = '${until}'`);
  expect(await verifier.verify(secret)).toMatchObject({ teamStatus: "paused", resumesAt: until });
  clock.advance(60_000);
  expect(await verifier.verify(secret)).toMatchObject({ teamStatus: "active", resumesAt: null });
});

test("keeps a team paused that somebody has to resume", async () => {
  await change("update teams set status = 'paused'");
  expect(await verifier.verify(secret)).toMatchObject({ teamStatus: "paused", resumesAt: null });
});

test("does not know the keys of deleted teams and organizations", async () => {
  await change("update teams set status = 'deleted'");
  await expect(verifier.verify(secret)).rejects.toMatchObject({ code: "key_unknown" });
});

test("remembers that a key is unknown for ten seconds, or until keys change", async () => {
  const guess = `sk-${teamId.replace(/[^a-z0-9]/g, "-").padEnd(43, "x")}`;
  const issue = (value: string) =>
    database.query(
      "insert into virtual_keys (id, team_id, name, hash, last_four, created_at) values (gen_random_uuid(), $1, 'late', $2, 'xxxx', now())",
      [teamId, sha256(value)],
    );
  await expect(verifier.verify(guess)).rejects.toMatchObject({ code: "key_unknown" });
  await issue(guess);
  await expect(verifier.verify(guess)).rejects.toMatchObject({ code: "key_unknown" });
  changes.announce("keys");
  expect((await verifier.verify(guess)).keyName).toBe("late");

  const later = `sk-${"y".repeat(30)}${teamId.replace(/[^a-z0-9]/g, "-").padEnd(13, "y")}`;
  await expect(verifier.verify(later)).rejects.toMatchObject({ code: "key_unknown" });
  await issue(later);
  clock.advance(10_000);
  expect((await verifier.verify(later)).keyName).toBe("late");
});

const lastUsed = async () => {
  const [row] = await database.query<{ used: string | null }>(
    "select extract(epoch from last_used_at)::bigint::text as used from virtual_keys where team_id = $1",
    [teamId],
  );
  return row!.used === null ? null : Number(row!.used) * 1_000;
};

test("notes the use of a key once a minute", async () => {
  const firstUse = clock.now();
  await verifier.verify(secret);
  clock.advance(59_000);
  await verifier.verify(secret);
  await verifier.stop();
  expect(await lastUsed()).toBe(firstUse);
  clock.advance(1_000);
  await verifier.verify(secret);
  await verifier.stop();
  expect(await lastUsed()).toBe(firstUse + 60_000);
});

test("verifies also when the use cannot be noted", async () => {
  await database.script(`
    create function refuse_use() returns trigger language plpgsql as 'begin raise exception ''no''; end';
    create trigger refuse_use before update on virtual_keys for each row execute function refuse_use()`);
  try {
    expect((await verifier.verify(secret)).teamId).toBe(teamId);
    await verifier.stop();
    expect(warnings).toEqual(["the use of a key could not be noted"]);
  } finally {
    await database.script("drop trigger refuse_use on virtual_keys");
  }
});

test("issues no key to an unknown team or with an end in the past", async () => {
  await expect(createKey(context, { teamId: "nobody", name: "x" })).rejects.toMatchObject({
    code: "not_found",
  });
  const expiresAt = new Date(clock.now());
  await expect(createKey(context, { teamId, name: "x", expiresAt })).rejects.toMatchObject({
    code: "invalid_request",
    hints: { field: "expires_at" },
  });
});
