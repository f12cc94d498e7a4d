import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import {
  type RunningLoopbackProvider,
  startLoopbackProvider,
} from "../../server/loopback/start.ts";
import { testRuntime } from "../harness.ts";
import { accessibilityProblems, overflowPixels, startChromium, takeScreenshot } from "./browser.ts";
import { type Executable, startExecutable } from "./executable.ts";
import { signInAsOwner } from "./owner.ts";

/** Jobs, plans, what-if and analytics in the executable, one after the other in one session, with real jobs behind them. */

const installAndStartMs = 300_000;
const prompt = '#loopback {"input_tokens": 1000, "output_tokens": 100}';

let server: Executable;
let provider: RunningLoopbackProvider;
let browser: Browser;
let page: Page;
let jobId: string;
let openJobId: string;
const pageErrors: string[] = [];

beforeAll(async () => {
  provider = await startLoopbackProvider(await testRuntime());
  [browser, server] = await Promise.all([
    startChromium(),
    startExecutable({ env: { PROVIDER_KEY: "sk-of-the-provider" } }),
  ]);
  const upstream = ["--api-base", `${provider.url}/v1`, "--api-key-env", "PROVIDER_KEY"];
  // $0.25 and $2 a million: a call of 1,000 and 100 tokens costs $0.00045.
  const prices = ["--input-price", "0.25", "--output-price", "2"];
  await cli("model", "add", "chat-fast", "--model", "openai/gpt-5-mini", ...upstream, ...prices);
  const { organization_id } = await cli<{ organization_id: string }>("org", "create", "Acme");
  const { key } = await cli<{ key: string }>(
    ...["team", "create", "Support", "--org", organization_id, "--credits", "100"],
  );
  await server.ready();
  jobId = (await post(key, "create", { job_type: "invoice_extraction" })).job_id;
  const messages = [{ role: "user", content: prompt }];
  await post(key, `${jobId}/llm-call`, { messages });
  await post(key, `${jobId}/complete`, { status: "completed" });
  openJobId = (
    await post(key, "create", { job_type: "translation", external_task_id: "ticket-4711" })
  ).job_id;
  const context = await browser.newContext({
    viewport: { width: 1440, height: 900 },
    reducedMotion: "reduce",
  });
  page = await context.newPage();
  page.on("pageerror", (error) => pageErrors.push(error.message));
  await signInAsOwner(page, server);
}, installAndStartMs);

afterAll(async () => {
  await browser?.close();
  await server?.stop();
  await provider?.stop();
});

async function cli<Answer>(...words: string[]): Promise<Answer> {
  return (await server.cli(...words, "--json")).json<Answer>();
}

async function post(key: string, path: string, body: object): Promise<{ job_id: string }> {
  const response = await fetch(`${server.apiUrl}/api/jobs/${path}`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${path} answered ${response.status}: ${text}`);
  return JSON.parse(text) as { job_id: string };
}

const open = (path: string) => page.goto(server.adminUrl + path);

it("filters jobs in the address, explains a charge, opens a call and refunds a part", async () => {
  await open("/jobs");
  await page.getByText("2 jobs shown").waitFor();
  await page.getByRole("button", { name: "Filters" }).click();
  await page.getByRole("textbox", { name: "Job type" }).fill("invoice_extraction");
  await page.getByRole("button", { name: "Show these jobs" }).click();
  await page.getByText("1 job shown").waitFor();
  expect(new URL(page.url()).search).toBe("?job_type=invoice_extraction");
  await page.getByRole("region", { name: "Jobs by day" }).getByText("1 job").waitFor();
  await page.getByRole("link", { name: "invoice_extraction" }).click();
  // One credit at $0.10, less $0.00045.
  await page.getByText("$0.0996", { exact: true }).waitFor();
  await page
    .getByText('How it is charged: flat price of a job of type "invoice_extraction": 1 credit.')
    .waitFor();

  await page.getByRole("link", { name: "chat-fast" }).click();
  const drawer = page.getByRole("dialog", { name: "Call" });
  await drawer.getByText("$0.00045", { exact: true }).first().waitFor();
  expect(new URL(page.url()).searchParams.get("call")).not.toBeNull();
  await drawer.getByRole("button", { name: "Show what was stored" }).click();
  await drawer.getByText("Not stored.").waitFor();
  expect(await accessibilityProblems(page)).toEqual([]);
  await drawer.getByRole("button", { name: "Refund its job…" }).click();
  await drawer.waitFor({ state: "hidden" });
  const dialog = page.getByRole("dialog", { name: "Refund this job" });
  expect(await dialog.getByRole("textbox", { name: "Amount" }).inputValue()).toBe("1");
  await dialog.getByRole("button", { name: "Cancel" }).click();
  await dialog.waitFor({ state: "hidden" });

  await page.getByRole("button", { name: "Refund", exact: true }).click();
  await dialog.getByRole("textbox", { name: "Amount" }).fill("2");
  await dialog.getByRole("textbox", { name: "Reason" }).fill("of no use");
  await dialog.getByRole("button", { name: /^Refund/ }).click();
  await dialog.getByText("More than 0, and at most 1 credit.").waitFor();
  await dialog.getByRole("textbox", { name: "Amount" }).fill("0.25");
  await dialog.getByRole("button", { name: "Refund 0.25 credits" }).click();
  await dialog.waitFor({ state: "hidden" });
  await page.getByText("0.25 given back").waitFor();
  await page
    .getByRole("table", { name: "Ledger entries of this job" })
    .getByText("of no use")
    .waitFor();
  await page.getByText("ada@example.com").filter({ visible: true }).nth(1).waitFor();
});

it("finds a job by what its client calls it", async () => {
  await open("/jobs?reference=ticket-4711");
  await page.getByText("1 job shown").waitFor();
  await page.getByRole("link", { name: "translation" }).click();
  await page.getByText("ticket-4711").first().waitFor();
  await page.getByRole("link", { name: "Show its jobs" }).click();
  await page.getByRole("button", { name: "Remove the filter Reference" }).click();
  await page.getByText("2 jobs shown").waitFor();
});

it("cancels a job that runs", async () => {
  await open(`/jobs/${openJobId}`);
  await page.getByRole("button", { name: "Cancel the job" }).click();
  const dialog = page.getByRole("dialog", { name: "Cancel this job?" });
  await dialog.getByRole("button", { name: "Cancel the job" }).click();
  await dialog.waitFor({ state: "hidden" });
  await page.getByText("Cancelled", { exact: true }).first().waitFor();
});

it("makes a plan with examples that follow the typing, changes it and assigns it", async () => {
  await open("/plans/_new");
  await page.getByRole("textbox", { name: "Name" }).fill("Volume");
  await page.getByRole("radio", { name: /^Tiered/ }).check();
  await page
    .getByText("102 jobs in a month: 100 × 1 credit + 2 × 0.8 credits = 101.6 credits.")
    .waitFor();
  const prices = page.getByRole("textbox", { name: "Price", exact: true });
  await prices.first().fill("2");
  await page
    .getByText("102 jobs in a month: 100 × 2 credits + 2 × 0.8 credits = 201.6 credits.")
    .waitFor();
  await prices.first().fill("two");
  await page.getByText("Not right yet").waitFor();
  await prices.first().fill("2");
  await page.getByRole("button", { name: "Create the plan" }).click();
  await page.getByRole("heading", { level: 1, name: "Volume" }).waitFor();

  await page.getByRole("link", { name: "Change what it charges" }).click();
  await page.getByRole("textbox", { name: "Price", exact: true }).last().fill("0.5");
  await page.getByRole("button", { name: "Save as a new version" }).click();
  await page.getByText("Version 2", { exact: true }).last().waitFor();
  await page.getByText("tiers[1].price").waitFor();

  await page.getByRole("button", { name: "Assign" }).click();
  const dialog = page.getByRole("dialog", { name: "Assign Volume" });
  await dialog.getByRole("combobox", { name: "Team" }).fill("supp");
  await page.getByRole("option", { name: /Support/ }).click();
  await dialog.getByRole("button", { name: "Assign to support" }).click();
  await dialog.waitFor({ state: "hidden" });
  await page.getByText("Used by: 1 team").waitFor();
  const users = page.getByRole("region", { name: "Who uses it" });
  await users.getByRole("link", { name: "Support", exact: true }).waitFor();
  await users.getByRole("link", { name: "List the teams" }).click();
  await page.getByText("1 team shown").waitFor();
  expect(new URL(page.url()).search).toBe("?plan=volume");
  await page.getByRole("button", { name: "Remove the filter Plan" }).click();
  expect(new URL(page.url()).search).toBe("");
});

it("charges the past anew under a draft, and assigns the draft", async () => {
  await open("/what-if?period=month");
  await page.getByRole("textbox", { name: "Price of a completed job" }).fill("3");
  await page.getByText("Ten completed jobs: 10 × 3 credits = 30 credits").waitFor();
  await page.getByRole("button", { name: "Charge the past anew" }).click();
  const row = page.getByRole("row").filter({ hasText: "Support" });
  // One completed job: 1 credit then, 3 under the draft, at $0.10.
  await row.getByText("$0.10", { exact: true }).waitFor();
  await row.getByText("$0.30", { exact: true }).first().waitFor();
  for (const width of [390, 1440]) {
    await page.setViewportSize({ width, height: 900 });
    await takeScreenshot(page, `real-what-if-${width}-light`);
    expect(await overflowPixels(page)).toBe(0);
  }
  expect(await accessibilityProblems(page)).toEqual([]);
  await page.getByRole("button", { name: "Assign from a date" }).click();
  const dialog = page.getByRole("dialog", { name: "Assign from a date" });
  await dialog.getByRole("textbox", { name: "Name of the new plan" }).fill("Dearer");
  await dialog.getByRole("radio", { name: "Organization" }).check();
  await dialog.getByRole("combobox", { name: "Organization" }).fill("acme");
  await page.getByRole("option", { name: /Acme/ }).click();
  await dialog.getByLabel("From, UTC").fill("2099-01-01");
  await dialog.getByRole("button", { name: "Assign to acme" }).click();
  await dialog.waitFor({ state: "hidden" });
  await open("/plans");
  await page.getByRole("row").filter({ hasText: "Dearer" }).getByText("1 organization").waitFor();
  await open("/organizations/acme?tab=plan");
  const planned = page.getByRole("row").filter({ hasText: "dearer" });
  await planned
    .getByText(/Jan 1, 2099/)
    .first()
    .waitFor();
});

it("compares the figures of the overview with the days before, or shows them alone", async () => {
  await open("/?period=7d");
  const figures = page.getByLabel("Figures of the period");
  const calls = figures.locator("div").filter({ hasText: /^Calls1/ });
  // None before: there is nothing to take a share of.
  await calls.getByText("1", { exact: true }).waitFor();
  const lines = await calls.locator("dd").count();
  await page.getByRole("radio", { name: "Alone" }).check({ force: true });
  await page.waitForURL(/compare=no/);
  await expect.poll(() => calls.locator("dd").count()).toBe(lines - 1);
  await takeScreenshot(page, "real-overview-1440-light");
});

it("shows what is earned, splits it, and states it to a team", async () => {
  await cli("usage", "rebuild");
  await open("/analytics");
  const table = page.getByRole("table", { name: "By team" });
  // 0.75 credits are left of the charge.
  await table.getByText("$0.075", { exact: true }).waitFor();
  await table.getByRole("link", { name: "Support", exact: true }).click();
  await page.getByRole("table", { name: "By job type" }).getByText("invoice_extraction").waitFor();
  expect(new URL(page.url()).searchParams.get("team")).toBe("support");
  await page.getByRole("link", { name: "Statement" }).click();
  const statement = page.getByRole("article", { name: /^Statement Support/ });
  const summary = statement.getByRole("region", { name: "Summary" });
  // 100 allocated, 1 charged, a quarter of it given back.
  for (const [kind, credits] of [
    ["Allocation", "+100"],
    ["Charge, invoice_extraction", "−1"],
    ["Refund, invoice_extraction", "+0.25"],
    ["Closing balance", "99.25"],
  ] as const) {
    await summary.getByRole("row").filter({ hasText: kind }).getByText(credits).waitFor();
  }
  await statement.getByText("Jobs API", { exact: true }).waitFor();
  await statement.getByText(/^Acme/).waitFor();
  expect(await statement.textContent()).not.toMatch(/litellm|\$/i);
  const download = page.waitForEvent("download");
  await page.getByRole("link", { name: "Export CSV" }).click();
  expect((await download).suggestedFilename()).toMatch(/^statement-support-\d{4}-\d{2}\.csv$/);
  expect(await page.getByRole("button", { name: "Next month" }).isDisabled()).toBe(true);
  await page.emulateMedia({ media: "print" });
  expect(await page.getByRole("navigation", { name: "Main" }).isVisible()).toBe(false);
  await takeScreenshot(page, "real-statement-print");
  // One sheet, and no second one for what the screen alone has.
  const paper = (await page.pdf({ format: "A4" })).toString("latin1");
  expect(paper.match(/\/Type\s*\/Page\b/g)).toHaveLength(1);
  await page.emulateMedia({ media: "screen" });
  expect(pageErrors).toEqual([]);
});
