import { createServer } from "node:http";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, expect, test, vi } from "vitest";
import { planExample, assignedPlanExample } from "../../server/admin/plan-examples.ts";
import { run } from "../../server/cli.ts";
import { testRuntime } from "../harness.ts";

/** What the commands on plans and settings ask of a server, and print of its answers. */
const runtime = await testRuntime();
const dataDir = mkdtempSync(join(tmpdir(), "plans-"));
let answer: unknown;
let asked: { method: string; path: string; body: unknown };

const server = createServer((request, response) => {
  let body = "";
  request.on("data", (chunk: Buffer) => (body += chunk.toString()));
  request.on("end", () => {
    asked = {
      method: request.method!,
      path: request.url!,
      body: body === "" ? undefined : (JSON.parse(body) as unknown),
    };
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify(answer));
  });
});
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
writeFileSync(join(dataDir, "cli-token"), "the-token\n");
writeFileSync(
  join(dataDir, "run.json"),
  JSON.stringify({
    pid: process.pid,
    api_url: url,
    admin_url: url,
    admin_token_file: join(dataDir, "cli-token"),
  }),
);
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  rmSync(dataDir, { recursive: true, force: true });
});

let out: string[] = [];
let errors: string[] = [];
beforeEach(() => {
  out = [];
  errors = [];
  answer = { ...planExample, versions: [planExample.in_force] };
  vi.spyOn(console, "log").mockImplementation((text: string) => void out.push(text));
  vi.spyOn(console, "error").mockImplementation((text: string) => void errors.push(text));
});
afterEach(() => {
  vi.restoreAllMocks();
});
const cli = (...words: string[]) => run(runtime, [...words, "--data-dir", dataDir]);

test.each<[words: string[], body: object]>([
  [["--kind", "flat", "--price", "1.5"], { kind: "flat", rules: { price: 1.5 } }],
  [
    [
      "--kind",
      "tiered",
      "--tiers",
      "100:1, 500:0.9,rest:0.8",
      "--period",
      "week",
      "--id",
      "volume",
    ],
    {
      id: "volume",
      kind: "tiered",
      rules: {
        tiers: [
          { up_to: 100, price: 1 },
          { up_to: 500, price: 0.9 },
          { up_to: null, price: 0.8 },
        ],
        period: "week",
      },
    },
  ],
  [
    ["--kind", "markup", "--percent", "25", "--minimum", "0.5", "--rules", '{"max_calls": 3}'],
    { kind: "markup", rules: { percent: 25, minimum: 0.5, max_calls: 3 } },
  ],
  [
    ["--kind", "per_token", "--tokens-per-credit", "1000"],
    { kind: "per_token", rules: { tokens_per_credit: 1000 } },
  ],
  [
    ["--kind", "subscription", "--fee", "100", "--included", "all"],
    { kind: "subscription", rules: { fee: 100, included: null } },
  ],
  [
    ["--kind", "subscription", "--fee", "100", "--included", "5", "--overage", "2"],
    { kind: "subscription", rules: { fee: 100, included: 5, overage: 2 } },
  ],
])("plan create with %j sends its rules", async (words, body) => {
  expect(await cli("plan", "create", "Volume", ...words)).toBe(0);
  expect(asked).toEqual({ method: "POST", path: "/api/plans", body: { name: "Volume", ...body } });
  expect(out.join("\n")).toContain("Next: saas-litellm plan assign default --team ID");
});

test.each([
  [["--kind", "tiered", "--tiers", "100"], '--tiers has "100"'],
  [["--kind", "flat", "--price", "much"], '--price is "much"'],
  [["--kind", "flat", "--rules", "[1]"], "--rules must be a JSON object"],
  [[], "--kind is missing"],
])("plan create with %j is refused", async (words, message) => {
  expect(await cli("plan", "create", "X", ...words)).toBe(2);
  expect(errors[0]).toContain(message);
});

test("plan version, show, list, archive and restore", async () => {
  expect(
    await cli("plan", "version", "a/b", "--kind", "flat", "--price", "2", "--version", "3"),
  ).toBe(0);
  expect(asked).toEqual({
    method: "POST",
    path: "/api/plans/a%2Fb/versions",
    body: { kind: "flat", rules: { price: 2 }, version: 3 },
  });
  await cli("plan", "show", "default");
  expect(asked).toMatchObject({ method: "GET", path: "/api/plans/default" });
  expect(out.at(-1)).toContain("Ten completed jobs: 10 × 1 credit = 10 credits, worth $1.00.");
  await cli("plan", "archive", "default");
  expect(asked).toMatchObject({ method: "PATCH", body: { status: "archived" } });
  await cli("plan", "restore", "default");
  expect(asked).toMatchObject({ method: "PATCH", body: { status: "active" } });
  answer = { data: [planExample], next: "more", prev: null };
  await cli("plan", "list", "--status", "active");
  expect(asked.path).toBe("/api/plans?status=active");
  expect(out.at(-1)).toMatch(
    /^plan default {2}flat, version 1, active, assigned to the platform, 0 organizations, 0 teams\n.*\nmore with --cursor more$/,
  );
});

test("plan assign and unassign name one subject", async () => {
  answer = assignedPlanExample;
  const from = "2027-01-01T00:00:00Z";
  expect(await cli("plan", "assign", "volume", "--team", "routing", "--from", from)).toBe(0);
  expect(asked).toEqual({
    method: "PUT",
    path: "/api/teams/routing/plan",
    body: { plan_id: "volume", from },
  });
  expect(out[0]).toContain("now default (flat, version 1), chosen by the platform");
  await cli("plan", "assign", "volume", "--platform", "--reason", "new");
  expect(asked).toMatchObject({
    path: "/api/settings/plan",
    body: { plan_id: "volume", reason: "new" },
  });
  await cli("plan", "unassign", "--org", "acme");
  expect(asked).toMatchObject({ path: "/api/organizations/acme/plan", body: { plan_id: null } });
  expect(await cli("plan", "assign", "volume")).toBe(2);
  expect(await cli("plan", "assign", "volume", "--team", "a", "--org", "b")).toBe(2);
  expect(errors).toEqual(Array(2).fill("error: Name one of --team, --org and --platform."));
});

test("settings are shown and set, each as what it is", async () => {
  answer = { credit_price_usd: 0.1, brand: "Jobs API", version: 0 };
  await cli("settings", "show");
  expect(out[0]).toBe("credit_price_usd 0.1\nbrand Jobs API\nversion 0");
  for (const [name, value, sent] of [
    ["credit_price_usd", "0.05", 0.05],
    ["brand", "007", "007"],
    ["calls_retention_days", "null", null],
  ] as const) {
    expect(await cli("settings", "set", name, value)).toBe(0);
    expect(asked).toEqual({ method: "PATCH", path: "/api/settings", body: { [name]: sent } });
  }
  expect(await cli("settings", "set", "credit_price_usd", "cheap")).toBe(2);
});
