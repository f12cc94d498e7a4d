import { describe, expect, test } from "vitest";
import { adminApp, asCli } from "../admin/admin-app.ts";
import { seedModel, seedTeam, testApp } from "../harness.ts";

/** What changes on :3002 do to a team's requests on :8003. */
const team = await testApp({ trustedProxies: "10.0.0.0/8" });
const admin = await adminApp(team.database);
await seedModel(team.context, team.gateway.upstream, { alias: "chat-fast" });
await seedModel(team.context, team.gateway.upstream, { alias: "chat-large", group: "large" });

const as = async (method: string, path: string, body?: unknown) => {
  const answer = await admin.send(method, `/api${path}`, { body, headers: asCli });
  expect(answer.status).toBeLessThan(300);
  return answer.body;
};
const messages = [{ role: "user", content: "hello" }];
const newJob = (key: string) =>
  team.send("POST", "/api/jobs/create", { key, body: { job_type: "invoice_check" } });
const call = (key: string, jobId: string) =>
  team.send("POST", `/api/jobs/${jobId}/llm-call`, { key, body: { messages } });
const complete = (key: string, jobId: string) =>
  team.send("POST", `/api/jobs/${jobId}/complete`, { key, body: { status: "completed" } });
const refused = (status: number, code: string, rest: object = {}) => ({
  status,
  body: { code, ...rest },
});

async function running() {
  const seeded = await seedTeam(team.context, { credits: 100 });
  const { body } = await newJob(seeded.key);
  return { ...seeded, jobId: body["job_id"] as string };
}

describe("suspended", () => {
  test("a team is refused everything, and goes on where it was once it is resumed", async () => {
    const { key, teamId, jobId } = await running();
    await as("POST", `/teams/${teamId}/suspend`, { reason: "unpaid" });
    for (const answer of [
      await newJob(key),
      await call(key, jobId),
      await complete(key, jobId),
      await team.send("GET", "/api/me", { key }),
      await team.send("GET", `/api/jobs/${jobId}`, { key }),
      await team.send("GET", "/api/models", { key }),
    ]) {
      expect(answer).toMatchObject(refused(403, "team_suspended"));
      expect(answer.text).not.toContain("unpaid");
    }
    await as("POST", `/teams/${teamId}/resume`, {});
    expect(await complete(key, jobId)).toMatchObject({ status: 200 });
  });

  test("an organization covers all its teams, and only those", async () => {
    const one = await running();
    const other = await running();
    const second = await seedTeam(team.context, { organizationId: one.organizationId });
    await as("POST", `/organizations/${one.organizationId}/suspend`, {});
    const statuses = async () =>
      Promise.all(
        [one, second, other].map(
          async ({ key }) => (await team.send("GET", "/api/me", { key })).status,
        ),
      );
    expect(await statuses()).toEqual([403, 403, 200]);
    await as("POST", `/organizations/${one.organizationId}/resume`, {});
    expect(await statuses()).toEqual([200, 200, 200]);
  });
});

describe("paused", () => {
  test("a team starts nothing new, while reads and ends go on, until the pause ends by itself", async () => {
    const { key, teamId, jobId } = await running();
    const until = new Date(admin.clock.now() + 60_000).toISOString();
    await as("POST", `/teams/${teamId}/pause`, { until });
    const paused = refused(403, "team_paused", { resumes_at: until });
    expect(await newJob(key)).toMatchObject(paused);
    expect(await call(key, jobId)).toMatchObject(paused);
    expect(await team.send("GET", `/api/jobs/${jobId}`, { key })).toMatchObject({ status: 200 });
    expect(await team.send("GET", "/api/me", { key })).toMatchObject({
      body: { team: { status: "paused", resumes_at: until } },
    });
    expect(await complete(key, jobId)).toMatchObject({ status: 200 });

    team.clock.advance(59_999);
    expect(await newJob(key)).toMatchObject(paused);
    team.clock.advance(1);
    expect(await newJob(key)).toMatchObject({ status: 201 });
    expect(await team.send("GET", "/api/me", { key })).toMatchObject({
      body: { team: { status: "active", resumes_at: null } },
    });
  });

  test("an organization pauses all its teams, until the later of both ends", async () => {
    const { key, teamId, organizationId, jobId } = await running();
    const second = await seedTeam(team.context, { organizationId, credits: 1 });
    const until = (ms: number) => new Date(team.clock.now() + ms).toISOString();
    const [sooner, later] = [until(60_000), until(120_000)];
    await as("POST", `/teams/${teamId}/pause`, { until: sooner });
    await as("POST", `/organizations/${organizationId}/pause`, { until: later, reason: "unpaid" });
    for (const paused of [key, second.key]) {
      expect(await newJob(paused)).toMatchObject(
        refused(403, "team_paused", { resumes_at: later }),
      );
    }
    expect(await as("GET", `/teams/${second.teamId}`)).toMatchObject({
      status: "active",
      organization_status: "paused",
    });
    expect(await complete(key, jobId)).toMatchObject({ status: 200 });
    await as("POST", `/organizations/${organizationId}/resume`, {});
    expect(await newJob(key)).toMatchObject(refused(403, "team_paused", { resumes_at: sooner }));
    expect(await newJob(second.key)).toMatchObject({ status: 201 });

    await as("POST", `/organizations/${organizationId}/pause`, {});
    expect(await newJob(key)).toMatchObject(refused(403, "team_paused", { resumes_at: null }));
    await as("POST", `/organizations/${organizationId}/pause`, { until: later });
    team.clock.advance(119_999);
    expect(await newJob(second.key)).toMatchObject(refused(403, "team_paused"));
    team.clock.advance(1);
    expect(await newJob(second.key)).toMatchObject(refused(402, "insufficient_credits"));
    expect(await newJob(key)).toMatchObject({ status: 201 });
  });

  test("a team without an end waits for somebody", async () => {
    const { key, teamId } = await running();
    await as("POST", `/teams/${teamId}/pause`, {});
    team.clock.advance(86_400_000);
    expect(await newJob(key)).toMatchObject(refused(403, "team_paused", { resumes_at: null }));
    await as("POST", `/teams/${teamId}/resume`, {});
    expect((await newJob(key)).status).toBe(201);
  });
});

describe("a deleted team", () => {
  test("has no keys any more, and is only deleted once nothing is held", async () => {
    const { key, teamId, jobId } = await running();
    const path = `/api/teams/${teamId}`;
    expect(await admin.send("DELETE", path, { headers: asCli })).toMatchObject(
      refused(409, "holds_open", { open_holds: 1 }),
    );
    await complete(key, jobId);
    await as("DELETE", `/teams/${teamId}`);
    expect(await team.send("GET", "/api/me", { key })).toMatchObject(refused(401, "key_unknown"));
  });
});

describe("access", () => {
  test("to models follows the groups and presets", async () => {
    const { key, teamId, jobId } = await running();
    expect((await call(key, jobId)).body["model"]).toBe("chat-fast");
    await as("PUT", `/teams/${teamId}/access`, {
      groups: ["default", "large"],
      default_alias: "chat-fast",
      job_type_aliases: { invoice_check: "chat-large" },
    });
    expect((await call(key, jobId)).body["model"]).toBe("chat-large");
    await as("PUT", `/teams/${teamId}/access`, {
      groups: ["large"],
      default_alias: null,
      job_type_aliases: {},
    });
    const named = { messages, model: "chat-fast" };
    expect(
      await team.send("POST", `/api/jobs/${jobId}/llm-call`, { key, body: named }),
    ).toMatchObject(refused(403, "model_not_granted", { models: ["chat-large"] }));
  });
});

describe("a key with an allow-list", () => {
  test("works from its addresses alone, as trusted proxies tell them", async () => {
    const { key, keyId } = await running();
    await as("PATCH", `/keys/${keyId}`, {
      ip_allow_list: ["203.0.113.0/24", "2001:db8::/32", "10.0.0.9"],
    });
    const from = async (address: string | undefined, forwarded?: string) => {
      const { status, body } = await team.send("GET", "/api/me", {
        key,
        ...(address === undefined ? {} : { from: address }),
        ...(forwarded === undefined ? {} : { headers: { "x-forwarded-for": forwarded } }),
      });
      return status === 200 ? "works" : `${status} ${String(body["code"])}`;
    };
    const no = "403 ip_not_allowed";
    expect(await from("203.0.113.7")).toBe("works");
    expect(await from("::ffff:203.0.113.7")).toBe("works");
    expect(await from("2001:db8:1::1")).toBe("works");
    expect(await from("198.51.100.1")).toBe(no);
    expect(await from(undefined)).toBe(no);
    // A client that names an allowed address itself, directly and through a proxy.
    expect(await from("198.51.100.1", "203.0.113.7")).toBe(no);
    expect(await from("10.0.0.1", "203.0.113.7, 198.51.100.1")).toBe(no);
    expect(await from("10.0.0.1", "203.0.113.7, 10.0.0.9, 198.51.100.1")).toBe(no);
    expect(await from(undefined, "203.0.113.7")).toBe(no);
    expect(await from("10.0.0.1", "198.51.100.1, 203.0.113.7")).toBe("works");
    expect(await from("10.0.0.1", "203.0.113.7, 10.0.0.2")).toBe("works");
    // A proxy that says nothing is itself the client.
    expect(await from("10.0.0.9")).toBe("works");
    expect(await from("10.0.0.1")).toBe(no);
  });

  test("is refused under /v1 in OpenAI's shape, and its use is not noted", async () => {
    const { key, keyId } = await running();
    await as("PATCH", `/keys/${keyId}`, { ip_allow_list: ["203.0.113.7"] });
    await team.database.query("update virtual_keys set last_used_at = null");
    const answer = await team.send("GET", "/v1/models", { key, from: "198.51.100.1" });
    expect(answer).toMatchObject({ status: 403, body: { error: { code: "ip_not_allowed" } } });
    expect(answer.headers.get("x-should-retry")).toBe("false");
    expect((await as("GET", `/keys/${keyId}`))["last_used_at"]).toBeNull();
  });
});
