import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { build } from "vite";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { ok, refused } from "../ui/states.ts";
import { accessibilityProblems, overflowPixels, startChromium, takeScreenshot } from "./browser.ts";
import { type Answer, startUiServer, type UiServer } from "./ui-server.ts";

/** The shared pieces of the UI, each used as its screens use it, under the pages' own policy. */

const at = (path: string) => new URL(path, import.meta.url).pathname;
const teams = ["Routing", "Support", "Fraud review"].map((name, index) => ({
  team_id: name.toLowerCase().replace(" ", "-"),
  name,
  balance: 100 - index,
}));

let folder: string;
let browser: Browser;
let server: UiServer;
let page: Page;
let requests: { line: string; body: string; key: string | undefined }[] = [];
let given: Record<string, Answer> = {};
let problems: string[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "kit-"));
  await build({
    configFile: at("../../ui/vite.config.ts"),
    root: at("../ui/gallery"),
    logLevel: "error",
    build: { outDir: folder },
  });
  [browser, server] = await Promise.all([
    startChromium(),
    startUiServer(folder, ({ method, path, body, idempotencyKey }) => {
      const line = `${method} ${path}`;
      requests.push({ line, body, key: idempotencyKey });
      if (given[line]) return given[line];
      if (line.startsWith("GET /api/teams?")) return ok({ data: teams, next: "later", prev: null });
      return method === "POST" ? ok({}) : refused(404, "not_found", "There is no such thing.");
    }),
  ]);
});

afterAll(async () => {
  await browser?.close();
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
});

afterEach(async () => {
  await page?.context().close();
});

async function open(path: string, width = 1440, colorScheme: "light" | "dark" = "light") {
  requests = [];
  given = {};
  problems = [];
  const context = await browser.newContext({
    viewport: { width, height: 900 },
    colorScheme,
    reducedMotion: "reduce",
  });
  page = await context.newPage();
  page.setDefaultTimeout(8000);
  page.on("pageerror", (error) => problems.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource"))
      problems.push(message.text());
  });
  await page.goto(server.url + path);
  await page.getByRole("heading", { name: "The kit" }).waitFor();
}

async function isSound(name: string) {
  await takeScreenshot(page, name);
  expect(await accessibilityProblems(page)).toEqual([]);
  expect(await overflowPixels(page)).toBe(0);
  expect(problems).toEqual([]);
}

const asked = (start: string) => requests.filter(({ line }) => line.startsWith(start));

for (const [width, theme] of [
  [1440, "light"],
  [1440, "dark"],
  [390, "light"],
  [390, "dark"],
] as const) {
  it(`is accessible and fits at ${width} px, ${theme}`, async () => {
    await open("/", width, theme);
    await page.getByRole("link", { name: "Routing" }).waitFor();
    await isSound(`kit-list-${width}-${theme}`);
    await page.getByRole("link", { name: "Charts" }).click();
    await page.getByRole("heading", { name: "Calls by day" }).waitFor();
    await isSound(`kit-charts-${width}-${theme}`);
    await page.getByRole("link", { name: "Forms" }).click();
    await page.getByRole("switch").waitFor();
    await isSound(`kit-forms-${width}-${theme}`);
    await page.getByRole("button", { name: "Allocate credits" }).click();
    await page.getByRole("dialog", { name: "Allocate credits" }).waitFor();
    await isSound(`kit-dialog-${width}-${theme}`);
  });
}

it("keeps filters, search, order and page of a list in the address, and the back button undoes a choice", async () => {
  await open("/");
  await page.getByRole("combobox", { name: "Status" }).click();
  await page.getByRole("option", { name: "Paused" }).click();
  await page.waitForURL("**/?status=paused");
  await page.getByRole("searchbox").fill("fraud");
  await page.waitForURL("**/?status=paused&search=fraud");
  await page.getByRole("button", { name: "Team", exact: true }).click();
  await page.waitForURL("**/?status=paused&search=fraud&sort=name");
  await page.getByRole("link", { name: "Next" }).click();
  await page.waitForURL("**&cursor=later");
  await expect
    .poll(() => asked("GET /api/teams?").at(-1)?.line)
    .toBe("GET /api/teams?limit=25&status=paused&search=fraud&sort=name&cursor=later");
  await page.goBack();
  await page.goBack();
  await page.waitForURL("**/?status=paused&search=fraud");
  await expect.poll(() => page.getByRole("searchbox").inputValue()).toBe("fraud");
  await page.goBack();
  await page.waitForURL((url) => url.search === "");
  await expect.poll(() => page.getByRole("searchbox").inputValue()).toBe("");
});

it("opens a row's menu by keyboard, and asks for a word before what destroys", async () => {
  await open("/");
  await page.getByRole("button", { name: "Actions: Support" }).focus();
  await page.keyboard.press("Enter");
  await page.getByRole("menuitem", { name: "Suspend…" }).waitFor();
  await isSound("kit-menu-1440-light");
  await page.getByRole("menuitem", { name: "Suspend…" }).click();
  const dialog = page.getByRole("dialog", { name: "Suspend?" });
  const act = dialog.getByRole("button", { name: "Suspend 1" });
  expect(await act.isDisabled()).toBe(true);
  await dialog.getByRole("textbox").fill("suspend");
  await act.click();
  await page.getByText("1 suspended").waitFor();
  expect(asked("POST")).toMatchObject([{ line: "POST /api/teams/support/suspend", body: "{}" }]);
});

it("acts on the ticked rows, and chooses columns", async () => {
  await open("/");
  await page.getByRole("checkbox", { name: "Select all rows of this page" }).check();
  await page.getByRole("toolbar").getByRole("button", { name: "Suspend…" }).click();
  await page.getByRole("button", { name: "Suspend 3" }).waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Columns" }).click();
  await page.getByRole("checkbox", { name: "Id", exact: true }).check();
  await page.keyboard.press("Escape");
  await page.getByRole("columnheader", { name: "Id", exact: true }).waitFor();
});

it("sends a form once with one key, shows the server's problems at their fields, and confirms", async () => {
  await open("/");
  given["POST /api/teams/a/wallet/allocate"] = {
    status: 422,
    body: {
      code: "invalid_request",
      detail: "note is too long.",
      errors: [{ field: "note", message: "note is too long." }],
    },
  };
  await page.getByRole("button", { name: "Allocate credits" }).click();
  const dialog = page.getByRole("dialog", { name: "Allocate credits" });
  await dialog.getByLabel("Amount").fill("none");
  await dialog.getByRole("button", { name: /^Allocate/ }).click();
  await dialog.getByText("Enter an amount.").waitFor();
  await dialog.getByLabel("Amount").fill("1,250");
  await dialog.getByRole("combobox", { name: "Kind: Paid" }).click();
  await dialog.getByRole("option", { name: "Promotional" }).click();
  await dialog.getByRole("combobox", { name: "Team" }).fill("fraud");
  await dialog.getByRole("option", { name: "Fraud review" }).click();
  await dialog.getByText("1350").waitFor();
  await dialog.getByRole("button", { name: "Allocate 1250 credits" }).click();
  await dialog.getByText("Is too long.").waitFor();
  given = {};
  await dialog.getByRole("button", { name: "Allocate 1250 credits" }).click();
  await page.getByText("Credits allocated").waitFor();
  const sent = asked("POST");
  expect(JSON.parse(sent[0]!.body)).toEqual({
    amount: 1250,
    kind: "promotional",
    team: "fraud-review",
    note: "",
  });
  expect(sent).toHaveLength(2);
  expect(sent[0]!.key).toMatch(/^[0-9a-f]{32}$/);
  expect(sent[1]!.key).toBe(sent[0]!.key);
  await page.getByRole("button", { name: "Allocate credits" }).click();
  expect(await dialog.getByLabel("Amount").inputValue()).toBe("2,500");
  expect(problems).toEqual([]);
});

it("asks before unsaved text is left by a link or the back button", async () => {
  await open("/");
  await page.getByRole("link", { name: "Forms" }).click();
  await page.getByLabel("Text").fill("not saved");
  await page.getByRole("link", { name: "Elsewhere" }).click();
  const question = page.getByRole("dialog", { name: "Leave without saving?" });
  await question.getByRole("button", { name: "Stay" }).click();
  expect(await page.getByLabel("Text").inputValue()).toBe("not saved");
  await page.goBack();
  await question.waitFor();
  expect(page.url()).toContain("tab=forms");
  await question.getByRole("button", { name: "Discard changes" }).click();
  await page.getByRole("link", { name: "Routing" }).waitFor();
});

it("reads a chart by arrow keys, and shows it as a table", async () => {
  await open("/?tab=charts");
  const chart = page.getByRole("img", { name: /^Calls by day/ });
  await chart.focus();
  await page.keyboard.press("End");
  await page.getByText("Nov 23, 2026: 116").waitFor({ state: "attached" });
  await takeScreenshot(page, "kit-chart-read-1440-light");
  await page.getByRole("radio", { name: "Table" }).first().check();
  await page.getByRole("table", { name: "Calls by day" }).getByText("Nov 23, 2026").waitFor();
  await page.getByRole("button", { name: "Last 30 days" }).click();
  await page.getByRole("menuitem", { name: "Last 7 days" }).click();
  await page.waitForURL("**period=7d**");
  expect(await page.getByRole("table", { name: "Calls by day" }).getByRole("row").count()).toBe(8);
});
