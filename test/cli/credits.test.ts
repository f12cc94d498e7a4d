import { createServer } from "node:http";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, expect, test, vi } from "vitest";
import { run } from "../../server/cli.ts";
import { testRuntime } from "../harness.ts";

/** What the commands on wallets, refills and codes ask of a server, and print of its answers. */
const runtime = await testRuntime();
const dataDir = mkdtempSync(join(tmpdir(), "credits-"));
let answer: unknown;
let asked: { method: string; path: string; body: unknown; key: string | undefined } | undefined;

const server = createServer((request, response) => {
  let body = "";
  request.on("data", (chunk: Buffer) => (body += chunk.toString()));
  request.on("end", () => {
    asked = {
      method: request.method!,
      path: request.url!,
      body: body === "" ? undefined : (JSON.parse(body) as unknown),
      key: request.headers["idempotency-key"] as string | undefined,
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
  [out, errors, asked] = [[], [], undefined];
  vi.spyOn(console, "log").mockImplementation((text: string) => void out.push(text));
  vi.spyOn(console, "error").mockImplementation((text: string) => void errors.push(text));
});
afterEach(() => {
  vi.restoreAllMocks();
});

const credits = (...words: string[]) => run(runtime, ["credits", ...words, "--data-dir", dataDir]);
const changed = {
  team_id: "routing",
  entry_no: 2,
  credits: -4,
  balance: 6,
  created_at: "2026-11-23T12:00:00.000Z",
  replayed: false,
};

for (const [words, action, body, line] of [
  [
    ["deduct", "routing", "4", "--reason", "Consulting", "--reference", "C-1"],
    "deduct",
    { credits: 4, reason: "Consulting", reference: "C-1" },
    "4 credits deducted; the balance of routing is 6",
  ],
  [
    ["adjust", "routing", "-12.5", "--reason", "Twice"],
    "adjust",
    { credits: -12.5, reason: "Twice" },
    "4 credits adjusted; the balance of routing is 6",
  ],
  [
    ["refund", "routing", "job-1", "--reason", "No use", "--credits", "0.5"],
    "refund",
    { job_id: "job-1", credits: 0.5, reason: "No use" },
    "4 credits refunded; the balance of routing is 6",
  ],
  [
    ["transfer", "routing", "customs", "4"],
    "transfer",
    { to_team_id: "customs", credits: 4 },
    "4 credits transferred to customs; the balance of routing is 6",
  ],
  [
    ["allocate", "routing", "4", "--price", "0.4", "--priority", "10", "--expires", "2027-01-01"],
    "allocate",
    { credits: 4, price_paid_usd: 0.4, priority: 10, expires_at: "2027-01-01" },
    "4 credits allocated; the balance of routing is 6",
  ],
] as const) {
  test(`credits ${action} sends what was said`, async () => {
    answer = changed;
    expect(await credits(...words, "--idempotency-key", "k")).toBe(0);
    expect(asked).toEqual({
      method: "POST",
      path: `/api/teams/routing/wallet/${action}`,
      body,
      key: "k",
    });
    expect(out).toEqual([line]);
  });
}

test("a repeat is told as one, and --json prints the answer itself", async () => {
  answer = { ...changed, replayed: true };
  await credits("deduct", "routing", "4", "--reason", "x");
  expect(out).toEqual(["4 credits were deducted before; the balance of routing is 6"]);
  out = [];
  await credits("deduct", "routing", "4", "--reason", "x", "--json");
  expect(JSON.parse(out.join(""))).toEqual(answer);
});

test("a wallet is shown with its grants, and limits are set in numbers or words", async () => {
  answer = {
    ...{ team_id: "routing", balance: 8, held: 1, available: null, credit_limit: null },
    low_balance_threshold: 5,
    grants: [
      {
        ...{ kind: "refill", credits: 10, remaining: 8, created_at: "2026-11-01T00:00:00.000Z" },
        expires_at: "2026-12-01T00:00:00.000Z",
      },
    ],
  };
  expect(await credits("show", "routing")).toBe(0);
  expect(asked).toMatchObject({ method: "GET", path: "/api/teams/routing/wallet" });
  expect(out.join("\n").split("\n")).toEqual([
    "wallet of routing",
    "  balance 8, held 1, available without end",
    "  credit limit unlimited, low-balance notice below 5",
    "  refill of 2026-11-01T00:00:00.000Z: 8 of 10 left, expires 2026-12-01T00:00:00.000Z",
  ]);
  await credits("limit", "routing", "--credit", "unlimited", "--low-balance", "12.5");
  expect(asked).toMatchObject({
    method: "PATCH",
    body: { credit_limit: null, low_balance_threshold: 12.5 },
  });
  expect(await credits("limit", "routing")).toBe(2);
});

test("entries and grants are listed by what was asked, page by page", async () => {
  const entry = { entry_no: 2, kind: "charge", credits: -1, balance_after: 9, actor: "system" };
  answer = {
    data: [{ ...entry, created_at: "2026-11-23T12:00:00.000Z", job_id: "j", reason: null }],
    next: "abc",
    prev: null,
  };
  await credits("entries", "routing", "--kind", "charge", "--job", "j", "--limit", "1");
  expect(asked!.path).toBe("/api/teams/routing/wallet/entries?kind=charge&job_id=j&limit=1");
  expect(out.join("\n").split("\n")).toEqual([
    "     2  2026-11-23T12:00:00.000Z  charge  -1 → 9  system  job j",
    "more with --cursor abc",
  ]);
  answer = { data: [], next: null, prev: null };
  out = [];
  await credits("grants", "routing", "--open");
  expect(asked!.path).toBe("/api/teams/routing/wallet/grants?state=open");
  expect(out).toEqual(["There is no such grant."]);
});

test("refills are made, listed and stopped", async () => {
  const refill = {
    ...{ refill_id: "r1", credits: 1000, period: "month", expires: false, priority: 50 },
    ...{ active: true, starts_at: "2026-12-01T00:00:00.000Z", actor: "cli" },
    created_at: "2026-11-23T12:00:00.000Z",
  };
  answer = refill;
  await credits("refill", "create", "routing", "1000", "--keep", "--next");
  expect(asked).toMatchObject({
    path: "/api/teams/routing/wallet/refills",
    body: { credits: 1000, period: "month", expires: false, first: "next" },
  });
  expect(out).toEqual(["refill r1  1,000 credits a month from 2026-12-01T00:00:00.000Z, kept"]);
  answer = { data: [{ ...refill, active: false }], next: null, prev: null };
  await credits("refill", "list", "routing", "--state", "stopped");
  expect(asked!.path).toBe("/api/teams/routing/wallet/refills?state=stopped");
  expect(out.at(-1)).toContain("kept (stopped)");
  answer = refill;
  await credits("refill", "stop", "routing", "r1", "--reason", "Over");
  expect(asked).toMatchObject({
    path: "/api/teams/routing/wallet/refills/r1/stop",
    body: { reason: "Over" },
  });
});

test("codes are made and printed once, listed, shown and revoked", async () => {
  const batch = { batch_id: "b1", name: "Fair", credits: 50, codes: 2, redeemed: 1, revoked: 0 };
  answer = { ...batch, secrets: ["AAAAA-1", "AAAAA-2"] };
  await credits(
    ...["codes", "create", "Fair", "--credits", "50", "--count", "2", "--last-days", "90"],
  );
  expect(asked).toMatchObject({
    path: "/api/top-up-batches",
    body: { name: "Fair", credits: 50, count: 2, credits_last_days: 90 },
  });
  expect(out.join("\n")).toContain("AAAAA-1\nAAAAA-2");
  answer = { data: [batch], next: null, prev: null };
  await credits("codes", "list");
  expect(out.at(-1)).toBe("batch b1  Fair: 2 codes of 50 credits, 1 redeemed, 0 revoked");
  const code = { code_id: "c1", last_four: "7K2M", state: "open", redeemed_by: null };
  answer = { ...batch, data: [code], next: "abc", prev: null };
  await credits("codes", "show", "b1", "--state", "open");
  expect(asked!.path).toBe("/api/top-up-batches/b1?state=open");
  expect(out.at(-1)).toContain("  code c1  …7K2M  open\n  more with --cursor abc");
  answer = code;
  await credits("codes", "revoke", "b1", "c1");
  expect(asked!.path).toBe("/api/top-up-batches/b1/codes/c1/revoke");
});

for (const [words, line] of [
  [["deduct", "t", "5"], "--reason is missing"],
  [["deduct", "t", "-5", "--reason", "x"], "N is -5: it must be more than 0."],
  [["allocate", "t", "1e3"], 'N is "1e3": it must be a number'],
  [["allocate", "t", "NaN"], 'N is "NaN": it must be a number'],
  [
    ["allocate", "t", "0.30000000000000000001"],
    "N is 0.30000000000000000001: it may have 15 significant digits.",
  ],
  [["limit", "t", "--credit", "none"], '--credit is "none": it must be a number'],
] as const) {
  test(`credits ${words.join(" ")} is refused before anything is asked`, async () => {
    expect(await credits(...words)).toBe(2);
    expect(errors[0]).toContain(line);
    expect(asked).toBeUndefined();
  });
}
