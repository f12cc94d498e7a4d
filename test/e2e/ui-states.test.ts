import { describe, expect, it } from "vitest";
import * as answers from "../ui/answers.ts";
import * as customers from "../ui/customer-answers.ts";
import { healthy, jobPath, noSession, ok, refused, states } from "../ui/states.ts";
import { accessibilityProblems, takeScreenshot } from "./browser.ts";
import { isSoundInEveryLook, testUiPages } from "./ui-pages.ts";

const pages = await testUiPages();

describe("every state is accessible, fits its window and keeps the policy", () => {
  for (const state of states) {
    it(state.name, async () => {
      const page = await pages.open(state.path, state.given);
      await page.getByText(state.shows).filter({ visible: true }).first().waitFor();
      await isSoundInEveryLook(page, state.name);
      expect(pages.problems()).toEqual([]);
    });
  }
});

describe("what the page does", () => {
  const signedIn = { status: 204 };

  it("makes the owner by the link, keeps its token out of the address and the history", async () => {
    const page = await pages.open("/setup#token=once", {
      "GET /api/session": noSession,
      "POST /api/setup": signedIn,
    });
    await page.getByLabel("E-mail").fill("ada@example.com");
    expect(page.url()).toBe(`${pages.url}/`);
    await page.getByLabel("Name").fill("Ada");
    await page.getByLabel("Password").fill("correct horse battery staple");
    pages.answer({ ...healthy, "POST /api/setup": signedIn });
    await page.getByRole("button", { name: "Create the account" }).click();
    await page.getByRole("heading", { name: "Latest jobs" }).waitFor();
    expect(pages.requests().filter((line) => line.startsWith("POST"))).toEqual([
      'POST /api/setup {"setup_token":"once","email":"ada@example.com","name":"Ada","password":"correct horse battery staple"}',
    ]);
  });

  it("asks for a code only of an account that has one, and goes where it was asked to", async () => {
    const second = refused(401, "second_factor_required", "Send a code as well.");
    const page = await pages.open("/jobs", {
      "GET /api/session": noSession,
      "POST /api/session": second,
    });
    await page.getByLabel("E-mail").fill("ada@example.com");
    await page.getByLabel("Password").fill("correct horse battery staple");
    await page.keyboard.press("Enter");
    const code = page.getByLabel("Code");
    await code.waitFor();
    await takeScreenshot(page, "sign-in-code-1440-light");
    expect(await accessibilityProblems(page)).toEqual([]);
    await code.fill("123456");
    pages.answer({ ...healthy, "POST /api/session": signedIn });
    await page.keyboard.press("Enter");
    await page.getByText("25 jobs shown").waitFor();
    expect(new URL(page.url()).pathname).toBe("/jobs");
    expect(
      pages
        .requests()
        .filter((line) => line.startsWith("POST"))
        .at(-1),
    ).toBe(
      'POST /api/session {"email":"ada@example.com","password":"correct horse battery staple","code":"123456"}',
    );
  });

  it("signs out on the server and forgets what it showed", async () => {
    const page = await pages.open("/jobs", { "DELETE /api/session": { status: 204 } });
    await page.getByText("25 jobs shown").waitFor();
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    expect(pages.requests()).toContain("DELETE /api/session");
    expect(await page.getByText("invoice_extraction").count()).toBe(0);
  });

  it("keeps the page when the session ends, asks to sign in over it, and goes on where it was", async () => {
    const page = await pages.open("/jobs");
    await page.getByText("25 jobs shown").waitFor();
    const { "GET /api/status": status } = pages.answers();
    pages.answer({
      ...pages.answers(),
      "GET /api/status": noSession,
      "GET /api/session": noSession,
    });
    const dialog = page.getByRole("dialog", { name: "Your session has ended" });
    await dialog.waitFor();
    expect(await page.getByText("25 jobs shown").count()).toBe(1);
    expect(await accessibilityProblems(page)).toEqual([]);
    await takeScreenshot(page, "session-ended-1440-light");
    pages.answer({ ...healthy, "GET /api/status": status!, "POST /api/session": signedIn });
    await dialog.getByLabel("E-mail").fill("ada@example.com");
    await dialog.getByLabel("Password").fill("correct horse battery staple");
    await dialog.getByRole("button", { name: "Sign in" }).click();
    await dialog.waitFor({ state: "hidden" });
    await page.getByText("Connected", { exact: true }).first().waitFor();
  });

  it("says that the server is gone, keeps what it showed, and recovers without a reload", async () => {
    const page = await pages.open("/");
    await page.getByRole("link", { name: "support_reply" }).first().waitFor();
    const { "GET /api/status": status, ...rest } = pages.answers();
    pages.answer(
      Object.fromEntries(Object.keys(pages.answers()).map((key) => [key, "gone" as const])),
    );
    const banner = page.getByText("The server does not answer.");
    await banner.waitFor();
    await takeScreenshot(page, "connection-lost-1440-light");
    expect(await accessibilityProblems(page)).toEqual([]);
    expect(await page.getByRole("link", { name: "support_reply" }).count()).toBeGreaterThan(0);
    expect(await page.getByText("Not connected").count()).toBeGreaterThan(0);
    pages.answer({ ...rest, "GET /api/status": status! });
    await banner.waitFor({ state: "detached" });
    expect(await page.getByText("Connected", { exact: true }).count()).toBeGreaterThan(0);
  });

  it("shows the new state without a reload when the gateway becomes ready", async () => {
    const page = await pages.open("/", { "GET /api/status": ok(answers.installingStatus) });
    await page.getByRole("progressbar", { name: "Installing LiteLLM" }).waitFor();
    pages.answer({ ...pages.answers(), "GET /api/status": ok(answers.readyStatus) });
    await page.getByText("Serves configuration 12.").waitFor();
    expect(await page.getByRole("progressbar").count()).toBe(0);
    // What was begun here stays until it is put away.
    await page.getByText("4 of 4 done").waitFor();
    await page.getByRole("button", { name: "Hide" }).click();
    expect(await page.getByRole("heading", { name: "Set up" }).count()).toBe(0);
  });

  it("tells the time of each change in the audit log, also where the column has no room", async () => {
    const page = await pages.open("/audit", {}, 390);
    const row = page.getByRole("row").filter({ hasText: "team.suspend" }).first();
    await row.waitFor();
    expect(await row.innerText()).toMatch(/[A-Z][a-z]{2} \d+, \d{4}, \d\d:\d\d UTC/);
    await page.setViewportSize({ width: 1440, height: 900 });
    await page.getByRole("columnheader", { name: "When, UTC" }).waitFor();
    expect(await row.innerText()).not.toContain("UTC");
    await page.getByLabel("Up to", { exact: true }).fill("2026-11-02");
    await page.waitForURL((url) => url.search === "?to=2026-11-02");
  });

  it("keeps the cursor of the list in the address", async () => {
    const page = await pages.open("/jobs");
    await page.getByRole("link", { name: "Next" }).click();
    await page.getByText("6 jobs shown").waitFor();
    expect(new URL(page.url()).search).toBe("?cursor=older-25");
    await page.reload();
    await page.getByText("6 jobs shown").waitFor();
    await page.getByRole("link", { name: "Previous" }).click();
    await page.getByText("25 jobs shown").waitFor();
    expect(new URL(page.url()).search).toBe("?cursor=newer-25");
  });

  it("does to several teams what it can, says beside the others why not, and goes on with those", async () => {
    const [one, other] = customers.teams.map(({ team_id: id }) => `/api/teams/${id}/suspend`);
    const page = await pages.open("/teams", {
      [`POST ${one}`]: refused(409, "state_conflict", "The team is being deleted."),
      [`POST ${other}`]: ok({}),
    });
    for (const index of [1, 2]) await page.getByRole("checkbox").nth(index).check();
    await page.getByRole("button", { name: "Suspend…" }).click();
    const dialog = page.getByRole("dialog", { name: "Suspend 2 teams?" });
    await dialog.getByRole("button", { name: "Suspend 2 teams" }).click();
    await dialog.getByText("1 of 2 are done").waitFor();
    const rows = dialog.getByRole("list", { name: "Teams" }).getByRole("listitem");
    expect(await rows.allTextContents()).toEqual([
      "Localization USThe team is being deleted.",
      "Growth experiments APAC done",
    ]);
    await takeScreenshot(page, "bulk-partly-1440-light");
    expect(await accessibilityProblems(page)).toEqual([]);
    pages.answer({ ...healthy, [`POST ${one}`]: ok({}) });
    await dialog.getByRole("button", { name: "Suspend 2 teams" }).click();
    await dialog.waitFor({ state: "hidden" });
    await page.getByText("2 suspended").waitFor();
    const sent = pages.requests().filter((line) => line.startsWith("POST"));
    expect(sent.map((line) => line.split(" ")[1])).toEqual([one, other, one]);
  });

  it("opens a job by keyboard, moves the focus to the page, and goes back", async () => {
    const page = await pages.open("/jobs");
    await page.getByText("25 jobs shown").waitFor();
    await page.getByRole("link", { name: "invoice_extraction" }).first().focus();
    await page.keyboard.press("Enter");
    await page.getByText("upstream_rate_limited").filter({ visible: true }).waitFor();
    expect(new URL(page.url()).pathname).toBe(jobPath);
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("main");
    expect(await page.title()).toBe("invoice_extraction · SaaS LiteLLM");
    await page.goBack();
    await page.getByText("25 jobs shown").waitFor();
  });

  it("keeps the chosen theme over a reload, before the first paint", async () => {
    const page = await pages.open("/");
    const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    await page.getByRole("heading", { name: "Latest jobs" }).waitFor();
    const light = await background();
    await page.getByRole("radio", { name: "Dark theme" }).check();
    const dark = await background();
    expect(dark).not.toBe(light);
    await page.reload({ waitUntil: "commit" });
    await page.waitForFunction(() => document.body !== null);
    expect(await background()).toBe(dark);
    await page.getByRole("radio", { name: "Theme of the system" }).check();
    expect(await background()).toBe(light);
  });

  it("opens the menu on a phone as a dialog that Escape and a choice close", async () => {
    const page = await pages.open("/", {}, 390);
    const menu = page.getByRole("dialog", { name: "Menu" });
    await page.getByRole("button", { name: "Open menu" }).click();
    await menu.waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
    await takeScreenshot(page, "menu-390-light");
    await page.keyboard.press("Escape");
    await menu.waitFor({ state: "hidden" });
    await page.getByRole("button", { name: "Open menu" }).click();
    await menu.getByRole("link", { name: "Jobs" }).click();
    await page.getByText("25 jobs shown").waitFor();
    await menu.waitFor({ state: "hidden" });
  });

  it("follows the end of the log until the reader scrolls up", async () => {
    const page = await pages.open("/gateway");
    const log = page.getByRole("region", { name: "Newest lines of the gateway's log" });
    await log.getByText("41223").waitFor();
    const fromEnd = () => log.evaluate((at) => at.scrollHeight - at.scrollTop - at.clientHeight);
    const withLine = (line: string) => {
      const { gateway } = answers.readyStatus;
      const log_tail = [...gateway.log_tail, line];
      return { ...answers.readyStatus, gateway: { ...gateway, log_tail } };
    };
    expect(await fromEnd()).toBeLessThan(2);
    pages.answer({ ...pages.answers(), "GET /api/status": ok(withLine("one more line")) });
    await log.getByText("one more line").waitFor();
    expect(await fromEnd()).toBeLessThan(2);
    await log.evaluate((at) => at.scrollTo(0, 0));
    pages.answer({ ...pages.answers(), "GET /api/status": ok(withLine("yet another line")) });
    await log.getByText("yet another line").waitFor();
    expect(await log.evaluate((at) => at.scrollTop)).toBe(0);
  });

  it("shows every screen in a window of 900 px, and folds groups for as long as the browser keeps it", async () => {
    const page = await pages.open("/teams");
    const navigation = page.getByRole("navigation", { name: "Main" });
    await navigation.getByRole("link", { name: "Audit log" }).waitFor();
    const hidden = () => navigation.evaluate((at) => at.scrollHeight - at.clientHeight);
    expect(await hidden()).toBe(0);
    for (const name of ["Billing", "Customers"]) {
      await navigation.getByRole("button", { name }).click();
    }
    expect(await navigation.getByRole("link", { name: "Budgets" }).count()).toBe(0);
    await page.reload();
    // Where one is stays in sight.
    await navigation.getByRole("link", { name: "Teams", exact: true }).waitFor();
    expect(await navigation.getByRole("link", { name: "Jobs" }).count()).toBe(0);
    const billing = navigation.getByRole("button", { name: "Billing" });
    expect(await billing.getAttribute("aria-expanded")).toBe("false");
    expect(await accessibilityProblems(page)).toEqual([]);
    await takeScreenshot(page, "navigation-folded-1440-light");
    await billing.focus();
    await page.keyboard.press("Enter");
    await navigation.getByRole("link", { name: "Budgets" }).waitFor();
  });

  it("says so when an address cannot be read, instead of showing nothing", async () => {
    const page = await pages.open("/teams/%E0%A4");
    await page.getByRole("navigation", { name: "Main" }).waitFor();
    await page.getByRole("heading", { level: 1 }).waitFor();
    expect(pages.problems()).toEqual([]);
  });
});
