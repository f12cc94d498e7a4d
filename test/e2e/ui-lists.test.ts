import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { problem } from "../ui/answers.ts";
import { planDetail } from "../ui/billing-answers.ts";
import * as customers from "../ui/customer-answers.ts";
import * as money from "../ui/money-answers.ts";
import * as platform from "../ui/platform-answers.ts";
import { ok, states } from "../ui/states.ts";
import { testUiPages } from "./ui-pages.ts";

/** What holds for every list and every form of a page: the address keeps the filters, and nothing that was typed is lost unasked. */

const pages = await testUiPages();
let page: Page;

const team = `/teams/${customers.team.team_id}`;

/** Address of a list, the filter and the choice that is made, what then stands in the address, and the API's list. */
const lists = [
  ["/organizations", "Status", "Suspended", "status=suspended", "/api/organizations"],
  [
    `/organizations/${customers.organization.organization_id}`,
    ...["Status", "Paused", "status=paused", "/api/teams"],
  ],
  ["/teams", "Status", "Paused", "status=paused", "/api/teams"],
  [`${team}?tab=wallet`, "Kind", "Refund", "kind=refund", `/api${team}/wallet/entries`],
  ["/jobs", "Status", "Failed", "status=failed", "/api/jobs"],
  ["/live", "Status", "Failed", "status=failed", "/api/calls/live"],
  ["/plans", "Status", "Archived", "status=archived", "/api/plans"],
  ["/budgets", "Subject", "Team", "scope=team", "/api/budgets"],
  [
    `/top-ups/${money.batchDetail.batch_id}`,
    ...["State", "Redeemed", "state=redeemed", `/api/top-up-batches/${money.batchDetail.batch_id}`],
  ],
  ["/teams", "Balance", "Low", "balance=low", "/api/teams"],
  ["/notices", "Kind", "Low balance", "kind=wallet.low_balance", "/api/notices"],
  ["/models", "Status", "Disabled", "status=disabled", "/api/models"],
  ["/audit", "Kind", "Team", "action=team.", "/api/audit"],
] as const;

const searches = [
  ["/organizations", "/api/organizations"],
  ["/teams", "/api/teams"],
  ["/models", "/api/models"],
  ["/credentials", "/api/credentials"],
  ["/audit", "/api/audit"],
] as const;

const given = {
  "GET /api/models": ok(platform.page(platform.models)),
  "GET /api/credentials": ok(platform.page(platform.credentials)),
  "GET /api/groups?limit=200": ok(platform.page(platform.groups)),
  [`GET /api/top-up-batches/${money.batchDetail.batch_id}?limit=50&state=redeemed`]: ok(
    money.batchDetail,
  ),
};

/** Whether the last request of a list has a parameter. */
const asksFor = (list: string, parameter: string) => {
  const asked = pages.requests().filter((line) => line.startsWith(`GET ${list}`));
  return asked.at(-1)?.split(/[?&]/).includes(parameter) ?? false;
};

describe("a list keeps its filters in the address", () => {
  it.each(lists)("%s: %s", async (path, filter, choice, parameter, list) => {
    page = await pages.open(path, given);
    const box = page.getByRole("combobox", { name: filter, exact: true });
    await box.click();
    await page.getByRole("option", { name: choice, exact: true }).click();
    await page.waitForURL((url) => url.search.slice(1).split("&").includes(parameter));
    await expect.poll(() => asksFor(list, parameter)).toBe(true);
    // Whoever is given the address sees the same.
    await page.reload();
    const chosen = page.getByRole("combobox", { name: `${filter}: ${choice}`, exact: true });
    await chosen.waitFor();
    await expect.poll(() => asksFor(list, parameter)).toBe(true);
    await page.goBack();
    await box.waitFor();
    expect(new URL(page.url()).search).toBe(new URL(path, page.url()).search);
  });

  it.each(searches)("%s: search", async (path, list) => {
    page = await pages.open(`${path}?search=acme`, given);
    await expect.poll(() => asksFor(list, "search=acme")).toBe(true);
    expect(await page.getByRole("searchbox").inputValue()).toBe("acme");
    await page.getByRole("searchbox").fill("fjord");
    await expect.poll(() => asksFor(list, "search=fjord")).toBe(true);
    await page.waitForURL((url) => url.search === "?search=fjord");
    await page.getByRole("button", { name: "Clear", exact: true }).click();
    await page.waitForURL((url) => url.search === "");
  });
});

/** Forms that are a page or a part of one: their address, a field, and what is typed. */
const forms = [
  ["/account", "Name"],
  ["/settings", "Name of the service"],
  ["/models/chat-fast", "Keep answers for"],
  ["/plans/_new", "Name"],
  ["/plans/standard/edit", "Price of a completed job"],
] as const;

describe("a form that is not saved", () => {
  it.each(forms)("%s is not left unasked, by whichever way", async (path, field) => {
    page = await pages.open("/", states.find((state) => state.path === path)?.given);
    await page.getByRole("heading", { name: "Latest jobs" }).waitFor();
    await page.evaluate((to) => {
      history.pushState(null, "", to);
      dispatchEvent(new PopStateEvent("popstate"));
    }, path);
    const typed = page.getByRole("textbox", { name: field, exact: true }).first();
    await typed.fill("77");
    const question = page.getByRole("dialog", { name: "Leave without saving?" });
    const stay = async () => {
      await question.getByRole("button", { name: "Stay" }).click();
      await question.waitFor({ state: "hidden" });
      expect(await typed.inputValue()).toBe("77");
      expect(new URL(page.url()).pathname).toBe(path);
    };
    await page.getByRole("link", { name: "Overview", exact: true }).click();
    await stay();
    await page.goBack();
    await stay();
    await page.locator("h1").click();
    await page.keyboard.type("gj");
    await stay();
    await page.keyboard.press("ControlOrMeta+k");
    await page.keyboard.type("budgets");
    await page.keyboard.press("Enter");
    await question.getByRole("button", { name: "Discard changes" }).click();
    await page.getByText("4 budgets shown").waitFor();
  });
});

it("tells who changes a plan that somebody else changed meanwhile, and keeps the draft", async () => {
  const versions = "POST /api/plans/standard/versions";
  const body = { ...problem(409, "version_conflict", "There is a newer version."), version: 9 };
  page = await pages.open("/plans/standard/edit", { [versions]: { status: 409, body } });
  const price = page.getByRole("textbox", { name: "Price of a completed job", exact: true });
  await price.fill("77");
  await page.getByRole("button", { name: "Save as a new version" }).click();
  await page.getByRole("alert").filter({ hasText: "version_conflict" }).waitFor();
  await page.getByRole("button", { name: "Show the newer state" }).click();
  await page.getByText("Somebody else saved this").waitFor();
  expect(await price.inputValue()).toBe("77");
  pages.answer({ ...pages.answers(), [versions]: ok(planDetail) });
  await page.getByRole("button", { name: "Save as a new version" }).click();
  await page.getByRole("heading", { level: 1, name: "Standard", exact: true }).waitFor();
  const sent = pages.requests().filter((line) => line.startsWith(versions));
  expect(sent).toHaveLength(2);
  expect(sent[1]).toContain('"version":9');
  expect(sent[1]).toContain('"price":77');
});
