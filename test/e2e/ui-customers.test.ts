import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { startChromium, takeScreenshot } from "./browser.ts";
import { type Executable, startExecutable } from "./executable.ts";
import { signInAsOwner } from "./owner.ts";
import { choose, dialog, gone, heading, press } from "./page-parts.ts";
import { changeKeys, changeWallet, endLowBalance, makePlan } from "./team-steps.ts";

/** The screens of customers as the executable serves them: each test goes on with what those before it made. */

let server: Executable;
let browser: Browser;
let contexts: BrowserContext[] = [];
let pageErrors: string[] = [];
/** The first key of the team Routing, as the dialog showed it. */
let key: string;

beforeAll(async () => {
  [browser, server] = await Promise.all([
    startChromium(),
    startExecutable({ env: { PROVIDER_KEY: "sk-of-the-provider" } }),
  ]);
  const model = ["--model", "openai/gpt-5-mini", "--api-key-env", "PROVIDER_KEY"];
  const prices = ["--input-price", "0.25", "--output-price", "2"];
  await server.cli("model", "add", "chat-fast", ...model, ...prices, "--json");
}, 240_000);

afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

afterEach(async () => {
  await Promise.all(contexts.map((context) => context.close()));
  contexts = [];
});

/** A browser of its own, signed in, at an address. */
async function open(path: string): Promise<Page> {
  pageErrors = [];
  const context = await browser.newContext({
    viewport: { width: 1440, height: 900 },
    reducedMotion: "reduce",
  });
  contexts.push(context);
  const page = await context.newPage();
  page.on("pageerror", (error) => pageErrors.push(error.message));
  await signInAsOwner(page, server);
  await page.goto(server.adminUrl + path);
  return page;
}

/** A request of the team API with the first key of Routing. */
async function asTeam<Answer>(path: string, body: object): Promise<Answer> {
  const response = await fetch(server.apiUrl + path, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${path} answered ${response.status}: ${text}`);
  return JSON.parse(text) as Answer;
}

it("makes an organization, suspends it with a reason, and resumes it", async () => {
  const page = await open("/organizations");
  await page.getByText("No organizations yet").waitFor();
  await page.getByRole("button", { name: "New organization" }).first().click();
  const creation = await dialog(page, "New organization");
  await press(creation, "Create the organization");
  await creation.getByText("Give a name.").waitFor();
  await creation.getByLabel("Name").fill("Aperture Freight");
  await press(creation, "Create the organization");
  await heading(page, "Aperture Freight");
  expect(new URL(page.url()).pathname).toBe("/organizations/aperture-freight");

  const actions = "Actions for Aperture Freight";
  await choose(page, actions, "Suspend…");
  const suspension = await dialog(page, /^Suspend Aperture/);
  await suspension.getByLabel("Reason").fill("invoice 118 unpaid");
  await press(suspension, "Suspend Aperture Freight");
  await page.getByText("Suspended", { exact: true }).waitFor();
  await choose(page, actions, "Resume…");
  await press(await dialog(page, /^Resume/), "Resume Aperture Freight");
  await page.getByText("Active", { exact: true }).first().waitFor();

  await page.getByRole("link", { name: "Activity" }).click();
  const history = page.getByRole("region", { name: "State history" });
  await history.getByText("invoice 118 unpaid").waitFor();
  await page.getByRole("button", { name: "organization.suspend" }).click();
  const entry = await dialog(page, /organization\.suspend/);
  await entry
    .locator("dd")
    .getByText(/after: suspended/)
    .waitFor();
  expect(await entry.getByText("invoice 118 unpaid").count()).toBe(1);
  expect(pageErrors).toEqual([]);
});

it("makes a team whose key is shown once, and changes its wallet", async () => {
  const page = await open("/organizations/aperture-freight");
  await press(page, "New team");
  const creation = await dialog(page, "New team");
  await creation.getByLabel("Name").fill("Routing");
  await creation.getByLabel("First credits").fill("1,000");
  await press(creation, "Create the team");
  const secret = await dialog(page, "Its first key");
  key = (await secret.locator("code").textContent()) ?? "";
  expect(key).toMatch(/^sk-/);
  await secret.getByRole("link", { name: "Open the team" }).click();
  await heading(page, "Routing");
  await gone(secret);
  expect(await page.getByText(key).count()).toBe(0);

  await changeWallet(page);
  await takeScreenshot(page, "real-team-wallet-1440-light");
  expect(pageErrors).toEqual([]);
});

it("refunds a job's charge, and transfers credits within the organization", async () => {
  const { job_id } = await asTeam<{ job_id: string }>("/api/jobs/create", { job_type: "check" });
  await asTeam(`/api/jobs/${job_id}/complete`, { status: "completed" });
  await server.cli("team", "create", "Customs", "--org", "aperture-freight", "--json");

  const page = await open("/teams/routing?tab=wallet");
  const ledger = page.getByRole("table", { name: "Ledger entries, newest first" });
  await ledger.getByRole("row").filter({ hasText: "Charge" }).getByText("−1").waitFor();
  await choose(page, "Actions for Routing", "Refund a job…");
  const refund = await dialog(page, "Refund a job");
  await refund.getByLabel("Job").fill(job_id);
  await refund.getByText("Charged and not given back: 1").waitFor();
  await refund.getByLabel("Reason").fill("Of no use");
  await press(refund, "Refund the whole charge");
  await ledger.getByRole("row").filter({ hasText: "Of no use" }).getByText("+1").waitFor();

  await choose(page, "Actions for Routing", "Transfer credits…");
  const transfer = await dialog(page, "Transfer credits");
  await transfer.getByRole("combobox", { name: "To team" }).fill("cust");
  await page.getByRole("option", { name: /Customs/ }).click();
  await transfer.getByLabel("Amount").fill("40");
  await press(transfer, "Transfer 40 credits");
  await ledger.getByRole("row").filter({ hasText: "with customs" }).getByText("−40").waitFor();
  expect(pageErrors).toEqual([]);
});

it("creates, changes, rotates and revokes a key", async () => {
  const page = await open("/teams/routing");
  await changeKeys(page);
  expect(pageErrors).toEqual([]);
});

it("sets access, limits, plan and a budget", async () => {
  const page = await open("/teams/routing?tab=access");
  await press(page, "Change access");
  const access = await dialog(page, "Change access");
  await access.getByRole("combobox", { name: "Default model" }).click();
  await page.getByRole("option", { name: "chat-fast" }).click();
  await access.getByLabel("Models by job type").fill("check = unheard-of");
  await press(access, "Save the access");
  await access.locator("[aria-invalid]").waitFor();
  await access.getByLabel("Models by job type").fill("check = chat-fast");
  await press(access, "Save the access");
  await page.getByText("check → chat-fast").waitFor();
  await press(page, "Change limits");
  const limits = await dialog(page, "Change limits");
  await limits.getByLabel("Requests a minute").fill("600");
  await press(limits, "Save the limits");
  await page.getByText("600", { exact: true }).waitFor();

  await makePlan(page);
  await page.getByRole("link", { name: "Plan", exact: true }).click();
  await press(page, "Assign a plan");
  const plan = await dialog(page, "Assign a plan to Routing");
  await plan.getByRole("combobox", { name: "Plan" }).click();
  await page.getByRole("option", { name: /Volume/ }).click();
  await press(plan, "Assign a plan");
  await page.getByRole("region", { name: "Pricing plan" }).getByText("Volume").waitFor();
  await page.getByText("In force", { exact: true }).waitFor();

  await page.getByRole("link", { name: "Budgets", exact: true }).last().click();
  const own = page.getByRole("region", { name: "Budgets of the team" });
  await press(own, "New budget");
  const budget = await dialog(page, "New budget");
  await budget.getByLabel("Limit").fill("250");
  await press(budget, "Create the budget");
  await own.getByText("$250.00").waitFor();
  await page.goto(`${server.adminUrl}/budgets`);
  await choose(page, "Actions: budget of routing", "Change…");
  const change = await dialog(page, "Change the budget");
  await change.getByLabel("Limit").fill("300");
  await press(change, "Save the budget");
  await page.getByText("$300.00").waitFor();
  await choose(page, "Actions: budget of routing", "Delete…");
  await press(await dialog(page, "Delete the budget?"), "Delete the budget");
  await page.getByText("No budget yet").waitFor();
  expect(pageErrors).toEqual([]);
});

it("tells the second of two admins that the team was changed, and loses nothing that was typed", async () => {
  const [first, second] = [await open("/teams/routing"), await open("/teams/routing")];
  for (const page of [first, second]) await choose(page, "Actions for Routing", "Rename…");
  const [earlier, later] = [
    await dialog(first, "Rename Routing"),
    await dialog(second, "Rename Routing"),
  ];
  await later.getByLabel("Name").fill("Routing of the second");
  await earlier.getByLabel("Name").fill("Routing of the first");
  await press(earlier, "Save the name");
  await heading(first, "Routing of the first");

  await press(later, "Save the name");
  await later.getByText("version_conflict").waitFor();
  expect(await later.getByLabel("Name").inputValue()).toBe("Routing of the second");
  await press(later, "Show the newer state");
  await later.getByText("Somebody else saved this").waitFor();
  await later.locator("dd").getByText("Routing of the first").waitFor();
  expect(await later.getByLabel("Name").inputValue()).toBe("Routing of the second");
  await press(later, "Save the name");
  await heading(second, "Routing of the second");
  expect(pageErrors).toEqual([]);
});

it("makes top-up codes, which are shown once, redeemed by a team and revoked", async () => {
  const page = await open("/top-ups");
  await page.getByRole("button", { name: "New batch" }).first().click();
  const creation = await dialog(page, "New batch of codes");
  await creation.getByLabel("Name").fill("Trade fair");
  await creation.getByLabel("Credits of each code").fill("50");
  await creation.getByLabel("How many codes").fill("2");
  await press(creation, "Make 2 codes");
  const made = await dialog(page, "2 codes made");
  const text = await made.getByRole("region", { name: "The codes" }).textContent();
  const [code] = (text ?? "").split("\n");
  await made.getByRole("button", { name: "Close" }).last().click();
  await asTeam("/api/teams/routing/credits/redeem", { code });
  await page.getByRole("link", { name: "Trade fair" }).click();
  await page.getByRole("row").filter({ hasText: "routing" }).getByText("Redeemed").waitFor();
  await press(page, "Revoke…");
  await press(await dialog(page, /^Revoke the code/), "Revoke the code");
  await page.getByRole("row").filter({ hasText: "Revoked" }).waitFor();
  expect(pageErrors).toEqual([]);
});

it("finds, sorts and changes several teams, tells of a low balance, and deletes one by its name", async () => {
  const page = await open("/teams");
  const rows = page.getByRole("table", { name: /^Teams/ }).locator("tbody tr");
  await page.getByRole("button", { name: "Balance" }).click();
  await expect.poll(() => rows.first().textContent()).toContain("Customs");
  expect(new URL(page.url()).searchParams.get("sort")).toBe("balance");
  await page.getByRole("searchbox").fill("routing");
  await expect.poll(() => rows.count()).toBe(1);
  await press(page, "Clear");
  await expect.poll(() => rows.count()).toBe(2);

  await page.getByRole("checkbox", { name: "Select all rows of this page" }).check();
  await press(page, "Allocate…");
  const allocation = await dialog(page, "Allocate credits to 2 teams");
  await allocation.getByLabel("Amount").fill("5");
  await press(allocation, "Allocate 5 credits to each of 2 teams");
  await rows.filter({ hasText: "Customs" }).getByText("45", { exact: true }).waitFor();
  await page.getByRole("checkbox", { name: "Select all rows of this page" }).check();
  await press(page, "Suspend…");
  await press(await dialog(page, "Suspend 2 teams?"), "Suspend 2 teams");
  await rows.filter({ hasText: "Suspended" }).nth(1).waitFor();
  await page.getByRole("checkbox", { name: "Select all rows of this page" }).check();
  await press(page, "Resume…");
  await press(await dialog(page, "Resume 2 teams?"), "Resume 2 teams");
  await gone(rows.filter({ hasText: "Suspended" }).first());

  await page.getByRole("button", { name: /^Actions: Routing/ }).click();
  await page.getByRole("menuitem", { name: "Pause…" }).click();
  const pause = await dialog(page, /^Pause Routing/);
  await pause.getByLabel("Until, UTC").fill("2099-01-01T00:00");
  await press(pause, /^Pause Routing/);
  await rows.filter({ hasText: "Paused" }).waitFor();

  await page.goto(`${server.adminUrl}/teams/routing`);
  await choose(page, /^Actions for Routing/, "Deduct credits…");
  const deduction = await dialog(page, "Deduct credits");
  await deduction.getByLabel("Amount").fill("3000");
  await deduction.getByLabel("Reason").fill("Year end");
  await press(deduction, "Deduct 3,000 credits");
  await gone(deduction);
  await page.goto(`${server.adminUrl}/notices`);
  const told = page.getByText(/available, less than 500/).filter({ visible: true });
  await told.first().waitFor();
  await page.goto(server.adminUrl);
  await endLowBalance(page);

  await page.goto(`${server.adminUrl}/teams/customs`);
  await choose(page, "Actions for Customs", "Delete…");
  const deletion = await dialog(page, "Delete Customs?");
  const button = deletion.getByRole("button", { name: "Delete Customs" });
  expect(await button.isDisabled()).toBe(true);
  await deletion.getByLabel("Type customs to confirm").fill("customs");
  await button.click();
  await heading(page, "Teams");
  await expect.poll(() => rows.count()).toBe(1);
  expect(pageErrors).toEqual([]);
});
