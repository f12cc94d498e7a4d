import { expect, test } from "vitest";
import { seedModel, standInGateway } from "../harness.ts";
import { adminCli } from "./admin-cli.ts";

const { clock, context, cli, json } = await adminCli();
const gateway = await standInGateway();
await seedModel(context, gateway.upstream, { alias: "chat-fast" });
await seedModel(context, gateway.upstream, { alias: "chat-large", group: "large" });

test("organizations, from the first to the last day", async () => {
  const org = ["org", "create", "Aperture Freight", "--metadata", '{"crm": 17}'];
  expect(await json(...org)).toEqual({ organization_id: "aperture-freight" });
  expect((await cli("org", "list", "--search", "freight")).text).toBe(
    "aperture-freight  Aperture Freight  active, 0 teams",
  );
  expect(await json("org", "update", "aperture-freight", "--name", "Aperture")).toMatchObject({
    name: "Aperture",
    version: 2,
  });
  const stale = await cli("org", "update", "aperture-freight", "--name", "X", "--version", "1");
  expect(stale.code).toBe(1);
  expect(stale.text).toContain("(version_conflict)");
  const end = "2030-01-01T00:00:00.000Z";
  expect((await cli("org", "pause", "aperture-freight", "--until", end)).text).toBe(
    `aperture-freight  Aperture  paused until ${end}, 0 teams`,
  );
  expect((await cli("org", "suspend", "aperture-freight", "--reason", "unpaid")).text).toBe(
    "aperture-freight  Aperture  suspended (unpaid), 0 teams",
  );
  expect(await json("org", "resume", "aperture-freight")).toMatchObject({ status: "active" });
  expect(await json("org", "show", "aperture-freight")).toMatchObject({
    metadata: { crm: 17 },
    history: [
      { status: "active" },
      { status: "suspended", reason: "unpaid" },
      { status: "paused", paused_until: end },
    ],
  });
  expect((await cli("org", "show", "aperture-freight")).text).toContain("suspended by cli: unpaid");
  expect((await cli("org", "delete", "aperture-freight")).text).toBe(
    "organization aperture-freight is deleted",
  );
  expect((await cli("org", "list", "--search", "freight")).text).toBe(
    "There is no such organization.",
  );
  expect(await json("org", "list", "--status", "deleted")).toMatchObject({ next: null });
});

test("teams, their models, limits and state", async () => {
  await json("org", "create", "Acme");
  const made = await json("team", "create", "Routing", "--org", "acme", "--credits", "5");
  expect(Object.keys(made)).toEqual(["team_id", "key"]);
  expect((await cli("team", "list", "--org", "acme")).text).toBe(
    "routing  Routing  active, of acme",
  );
  const limits = ["--requests-per-minute", "600", "--concurrent-calls", "4"];
  expect(await json("team", "update", "routing", ...limits)).toMatchObject({
    limits: { requests_per_minute: 600, tokens_per_minute: null, concurrent_calls: 4 },
  });
  const more = ["--requests-per-minute=", "--default-alias", "chat-fast"];
  expect(await json("team", "update", "routing", ...more)).toMatchObject({
    default_alias: "chat-fast",
    limits: { requests_per_minute: null, concurrent_calls: 4 },
  });
  expect(await json("team", "update", "routing", "--default-alias=")).toMatchObject({
    default_alias: null,
  });
  const granted = ["--groups", "default,large", "--job-type-aliases", "draft=chat-large"];
  expect((await cli("team", "access", "routing", ...granted)).text).toBe(
    "groups  default, large\nmodels  chat-fast, chat-large\ndefault none\njob type draft: chat-large",
  );
  expect(await json("team", "access", "routing")).toMatchObject({ groups: ["default", "large"] });
  const refused = await cli("team", "access", "routing", "--groups=");
  expect(refused).toMatchObject({ code: 1 });
  expect(refused.text).toContain("job_type_aliases.draft");

  const until = new Date(clock.now() + 3_600_000).toISOString();
  expect(await json("team", "pause", "routing", "--until", until)).toMatchObject({
    status: "paused",
    paused_until: until,
  });
  expect((await cli("team", "suspend", "routing", "--reason", "leak")).text).toBe(
    "routing  Routing  suspended (leak), of acme",
  );
  expect(await json("team", "resume", "routing")).toMatchObject({ status: "active" });
  const shown = (await cli("team", "show", "routing")).text;
  expect(shown).toContain("wallet 5 credits, 0 held, 5 available");
  expect(shown).toContain("limits 4 concurrent calls");
  expect(shown).toContain("suspended by cli: leak");
  expect(shown).not.toContain(made["key"] as string);
  expect((await cli("team", "delete", "routing")).text).toBe("team routing is deleted");
});

test("keys are made, changed, rotated and revoked", async () => {
  await json("team", "create", "Keys", "--org", "acme");
  const made = await json(
    ...["key", "create", "--team", "keys", "--name", "production"],
    ...["--ip-allow-list", "203.0.113.0/24, 2001:db8::/32", "--tokens-per-minute", "1000"],
  );
  const id = made["key_id"] as string;
  expect(Object.keys(made)).toEqual(["team_id", "key_id", "key"]);
  const key = made["key"] as string;
  const limits = ["--concurrent-calls", "2"];
  expect(await json("key", "update", id, "--ip-allow-list=", ...limits)).toMatchObject({
    ip_allow_list: [],
    limits: { tokens_per_minute: 1000, concurrent_calls: 2 },
  });
  expect((await cli("key", "list", "--team", "keys")).text.split("\n")[0]).toBe(
    `${id}  ${key.slice(0, 7)}…${key.slice(-4)}  production, active, never used, limits 1000 tokens per minute, 2 concurrent calls`,
  );
  const rotated = await json("key", "rotate", id, "--grace-seconds", "60");
  expect(rotated).toMatchObject({ rotated_from: id, name: "production" });
  expect(rotated["key"]).not.toBe(key);
  expect(await json("key", "revoke", id)).toMatchObject({ status: "revoked" });
  expect((await cli("key", "rotate", id)).text).toContain("(state_conflict)");
  const page = await json("key", "list", "--team", "keys", "--limit", "1");
  expect((await cli("key", "list", "--team", "keys", "--limit", "1")).text).toContain(
    `more with --cursor ${page["next"] as string}`,
  );
});

test("audit list tells who did what", async () => {
  const { text } = await cli("audit", "list", "--team", "routing", "--action", "team.suspend");
  expect(text).toMatch(
    /^\S+ {2}team\.suspend {2}team routing, by cli {2}status: "paused" → "suspended"/,
  );
  const entries = await json("audit", "list", "--action", "key.", "--limit", "200");
  expect(JSON.stringify(entries)).toContain('"key.rotate"');
});

test.each([
  [["team", "update", "x", "--metadata", "[]"], "--metadata must be a JSON object"],
  [["team", "update", "x", "--metadata", "{"], "--metadata must be a JSON object"],
  [["team", "update", "x", "--job-type-aliases", "a"], '--job-type-aliases has "a"'],
  [["team", "update", "x", "--concurrent-calls", "many"], "--concurrent-calls is"],
  [["key", "list"], "--team is missing"],
  [["key", "rotate", "x", "--grace-seconds", "day"], "--grace-seconds is"],
  [["team", "pause"], "ID is missing"],
])("%j is refused with exit code 2", async (words, message) => {
  // A team that is asked for first does not exist; what was wrongly written is told before.
  const { code, text } = await cli(...words);
  expect(text).toContain(message);
  expect(code).toBe(2);
});
