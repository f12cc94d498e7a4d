import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, expect, test, vi } from "vitest";
import { commands, run } from "../../server/cli.ts";
import { testRuntime } from "../harness.ts";

/** Arguments and output of commands, against a server that only notes what it is asked. */
const runtime = await testRuntime();
const dataDir = mkdtempSync(join(tmpdir(), "commands-"));
let answer: { status: number; body: unknown } = { status: 201, body: {} };
let asked: { method: string; path: string; headers: Record<string, unknown>; body: string };

const server = createServer((request, response) => {
  let body = "";
  request.on("data", (chunk: Buffer) => (body += chunk.toString()));
  request.on("end", () => {
    asked = {
      method: request.method ?? "",
      path: request.url ?? "",
      headers: { ...request.headers },
      body,
    };
    response.writeHead(answer.status, { "content-type": "application/json" });
    response.end(JSON.stringify(answer.body));
  });
});
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
writeFileSync(join(dataDir, "cli-token"), "the-token\n");
writeFileSync(
  join(dataDir, "run.json"),
  JSON.stringify({
    pid: process.pid,
    api_url: "http://127.0.0.1:1",
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
  vi.spyOn(console, "log").mockImplementation((text: string) => void out.push(text));
  vi.spyOn(console, "error").mockImplementation((text: string) => void errors.push(text));
});
afterEach(() => {
  vi.restoreAllMocks();
});

const cli = (...words: string[]) => run(runtime, [...words, "--data-dir", dataDir]);

test("team create sends what was said and prints the key once", async () => {
  answer = { status: 201, body: { team_id: "routing", key: "sk-x", key_id: "1", groups: [] } };
  const code = await cli(
    ...["team", "create", "Routing", "--org", "acme", "--credits", "12.5", "--groups", "a, b"],
    "--json",
  );
  expect(code).toBe(0);
  expect(asked).toMatchObject({ method: "POST", path: "/api/teams" });
  expect(asked.headers["authorization"]).toBe("Bearer the-token");
  expect(JSON.parse(asked.body)).toEqual({
    name: "Routing",
    organization_id: "acme",
    credits: 12.5,
    groups: ["a", "b"],
  });
  expect(JSON.parse(out.join(""))).toEqual({ team_id: "routing", key: "sk-x" });
});

test("org create prints the id that a script needs", async () => {
  answer = { status: 201, body: { organization_id: "acme", name: "Acme" } };
  expect(await cli("org", "create", "Acme", "--json")).toBe(0);
  expect(JSON.parse(out.join(""))).toEqual({ organization_id: "acme" });
});

test("credits allocate passes the idempotency key as a header", async () => {
  answer = { status: 201, body: { team_id: "t", credits: 5, balance: 5, replayed: false } };
  expect(await cli("credits", "allocate", "t", "5", "--idempotency-key", "k1")).toBe(0);
  expect(asked.headers["idempotency-key"]).toBe("k1");
  expect(asked.path).toBe("/api/teams/t/wallet/allocate");
});

test("a name with a slash stays one part of the path", async () => {
  answer = { status: 201, body: { key_id: "1", key: "sk-x" } };
  await cli("key", "create", "--team", "../x");
  expect(asked.path).toBe("/api/teams/..%2Fx/keys");
});

test("a problem answer is one line with its code, and exit code 1", async () => {
  answer = { status: 409, body: { detail: "The id acme is taken.", code: "slug_taken" } };
  expect(await cli("org", "create", "Acme")).toBe(1);
  expect(errors).toEqual(["error: The id acme is taken. (slug_taken)"]);
  expect(out).toEqual([]);
});

test("without a server the line says how to start it", async () => {
  const elsewhere = join(dataDir, "elsewhere");
  expect(await run(runtime, ["model", "list", "--data-dir", elsewhere])).toBe(1);
  expect(errors).toEqual([
    `error: No server runs on ${elsewhere}: start it with saas-litellm serve --data-dir ${elsewhere}`,
  ]);
});

test("a provider's key comes from the environment, never from an argument", async () => {
  expect(
    await cli("model", "add", "m", "--model", "openai/x", "--api-key-env", "NOT_SET_HERE"),
  ).toBe(2);
  expect(errors[0]).toContain("NOT_SET_HERE");
});

test("what teams chose cannot steer the terminal", async () => {
  const body = {
    ...{ job_id: "1", status: "completed", team_id: "t", created_at: "2026-11-23", ended_at: null },
    ...{ total_calls: 0, failed_calls: 0, calls_in_flight: 0, total_tokens: 0, calls: [] },
    ...{ job_type: "a\u001b[2J\u0007\u009b1m\nforged", provider_cost_usd: 0, credits_charged: 0 },
  };
  answer = { status: 200, body };
  expect(await cli("job", "show", "1")).toBe(0);
  expect(out.join("")).toContain("type a\\u001b[2J\\u0007\\u009b1m\\u000aforged,");
  answer = { status: 409, body: { detail: "The id \u001b[2J is taken.", code: "slug_taken" } };
  expect(await cli("org", "create", "Acme")).toBe(1);
  expect(errors).toEqual(["error: The id \\u001b[2J is taken. (slug_taken)"]);
});

test.each([
  [["org", "create"], "NAME is missing"],
  [["org", "create", "A", "B"], '"B" is one word too many'],
  [["team", "create", "A"], "--org is missing"],
  [["team", "create", "A", "--org"], "--org needs a value: ID"],
  [["team", "create", "A", "--org", "--json"], "--org needs a value: ID"],
  [["team", "create", "A", "--orgs", "x"], "--orgs is no option of team create"],
  [["team", "create", "A", "--org", "x", "--json=yes"], "--json takes no value"],
  [["credits", "allocate", "t", "many"], 'N is "many": it must be a number'],
  [["credits", "allocate", "support", "-5"], "N is -5: it must be more than 0."],
  [["credits", "allocate", "support", "0"], "N is 0: it must be more than 0."],
  [
    ["team", "create", "A", "--org", "x", "--credits", "-5"],
    "--credits is -5: it must be more than 0.",
  ],
  [["team", "create", "A", "--org", "x", "--credits=-.5"], '--credits is "-.5": it must be'],
  [["team", "create", "A", "--org", "x", "-x"], "-x is no option of team create"],
  [["org", "crate", "X"], "error: There is no command org crate."],
  [["admin", "make"], "error: There is no command admin make."],
  [["admin", "token"], "error: There is no command admin token."],
  [["team"], "error: team needs more."],
  [["doctor", "--sideways"], "--sideways is no option of doctor"],
  [["frobnicate"], "There is no command frobnicate"],
])("%j is refused with exit code 2", async (words, message) => {
  expect(await run(runtime, words)).toBe(2);
  expect(errors).toHaveLength(1);
  expect(errors[0]).toContain(message);
});

test.each(Object.keys(commands))("%s --help shows usage and an example", async (name) => {
  expect(await run(runtime, [...name.split(" "), "--help"])).toBe(0);
  const text = out.join("\n");
  expect(text).toContain(`Usage: saas-litellm ${name}`);
  expect(text).toContain("Examples:\n  ");
});

test("--help lists every command", async () => {
  expect(await run(runtime, ["--help"])).toBe(0);
  for (const name of Object.keys(commands)) expect(out.join("\n")).toContain(`  ${name} `);
});

test("config print hides secrets and names sources", async () => {
  expect(
    await run(runtime, ["config", "print", "--json", "--data-dir", dataDir, "--port", "0"]),
  ).toBe(0);
  const { settings } = JSON.parse(out.join("")) as {
    settings: Record<string, { value: unknown; source: string }>;
  };
  expect(settings["port"]).toMatchObject({ value: "0", source: "flag" });
  expect(settings["data_dir"]).toMatchObject({ value: dataDir, source: "flag" });
});
