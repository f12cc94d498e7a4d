import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import {
  type RunningLoopbackProvider,
  startLoopbackProvider,
} from "../../server/loopback/start.ts";
import { testRuntime } from "../harness.ts";
import { until } from "../harness/process.ts";
import { startChromium } from "./browser.ts";
import { keepOwnCredential } from "./credential-steps.ts";
import { type Executable, startExecutable } from "./executable.ts";
import { signInAsOwner } from "./owner.ts";
import { createTenant, type Tenant } from "./tenant.ts";

/** From a provider's key to a call of a model, by the pages alone, on the executable and a stand-in for the gateway. */

let gateway: RunningLoopbackProvider;
let server: Executable;
let browser: Browser;
let page: Page;
let tenant: Tenant;

beforeAll(async () => {
  gateway = await startLoopbackProvider(await testRuntime(), { gateway: true });
  [browser, server] = await Promise.all([
    startChromium(),
    startExecutable({ env: { LITELLM_URL: gateway.url } }),
  ]);
  tenant = await createTenant(server, "Support");
  page = await browser.newPage({ reducedMotion: "reduce" });
  await signInAsOwner(page, server);
});

afterAll(async () => {
  await browser?.close();
  await server?.stop();
  await gateway?.stop();
});

const button = (name: string) => page.getByRole("button", { name, exact: true });
const dialogButton = (name: string) => page.getByRole("dialog").getByRole("button", { name });

it("adds a credential and tests it at the provider", async () => {
  await page.goto(`${server.adminUrl}/credentials`);
  await button("Add credential").first().click();
  await page.getByLabel("Name", { exact: true }).fill("Loopback");
  await page.getByLabel("Provider's key").fill("sk-of-the-provider");
  await page.getByLabel("Base URL").fill(`${gateway.url}/v1`);
  await dialogButton("Add credential").click();
  await page.getByText("…ider").waitFor();
  await page.getByRole("button", { name: "Actions: Loopback" }).click();
  await page.getByRole("menuitem", { name: "Test" }).click();
  await page.getByText("The key works").waitFor();
  expect(await page.content()).not.toContain("sk-of-the-provider");
  await dialogButton("Close").last().click();
});

it("keeps an organization's own credential: makes, tests, replaces, switches and deletes it", async () => {
  await keepOwnCredential(page, { adminUrl: server.adminUrl, organization: "support" });
});

it("adds a model with that credential, gives it a fallback and keeps what was typed in a conflict", async () => {
  await page.goto(`${server.adminUrl}/models`);
  await button("Add model").first().click();
  await page.getByLabel("Model", { exact: true }).fill("openai/loopback-chat");
  await page.getByLabel("Name for teams").fill("chat-fast");
  await page.getByLabel("Input price").fill("1");
  await dialogButton("Add model").click();
  await page.getByText("Give both prices or none.").waitFor();
  await page.getByLabel("Output price").fill("2");
  await dialogButton("Add model").click();
  await page.getByRole("heading", { name: "chat-fast" }).waitFor();
  await button("Add target").click();
  await page.getByRole("combobox", { name: "Model, Target 2" }).fill("openai/loopback-spare");
  await page.getByRole("switch", { name: "Prices of your own" }).nth(1).check();
  await page.getByLabel("Input price").nth(1).fill("3");
  await page.getByLabel("Output price").nth(1).fill("4");
  // Somebody else is sooner.
  await server.cli("model", "update", "chat-fast", "--cache-ttl", "60");
  await button("Save model").click();
  await page.getByRole("alert").filter({ hasText: "version_conflict" }).waitFor();
  expect(await page.getByRole("combobox", { name: "Model, Target 2" }).inputValue()).toBe(
    "openai/loopback-spare",
  );
  await button("Show the newer state").click();
  await until("the newer state is shown", async () => {
    return (await page.getByLabel("Keep answers for").inputValue()) === "60";
  });
});

it("says in the matrix who may use it", async () => {
  await page.goto(`${server.adminUrl}/groups`);
  await button("Create group").first().click();
  await page.getByLabel("Name", { exact: true }).fill("Premium");
  await dialogButton("Create group").click();
  const tick = page.getByRole("checkbox", { name: "chat-fast in Premium" });
  const saved = page.waitForResponse((response) => response.url().endsWith("/premium/models"));
  await tick.check();
  expect((await saved).status()).toBe(200);
  await page.reload();
  await tick.waitFor();
  expect(await tick.isChecked()).toBe(true);
  await button("0 teams").click();
  await page.getByRole("dialog", { name: "Teams of Premium" }).getByText("No teams.").waitFor();
  await page.goto(`${server.adminUrl}/models/chat-fast`);
  const users = page.getByRole("region", { name: "Teams that may use it" });
  await users.getByRole("link", { name: "Support", exact: true }).waitFor();
  await users.getByRole("link", { name: "List the teams" }).click();
  await page.getByText("1 team shown").waitFor();
  expect(new URL(page.url()).search).toBe("?alias=chat-fast");
});

it("calls it as a team, plain and streamed, and shows cost, charge and margin", async () => {
  await page.goto(`${server.adminUrl}/playground?model=chat-fast&team=support`);
  await page.getByLabel("Message").fill('Say hello. #loopback {"text": "Hello there."}');
  for (const streamed of [true, false]) {
    await page.getByRole("switch", { name: "Stream the answer" }).setChecked(streamed);
    await button("Send").click();
    await page.getByText("Hello there.", { exact: true }).waitFor();
    await page.getByText("1 credit", { exact: true }).waitFor();
    await page.getByText("Margin").waitFor();
  }
  await page.getByRole("link", { name: "Open the job" }).click();
  await page.getByRole("heading", { name: "playground" }).waitFor();
});

it("goes anywhere by the palette, and gives the focus back when it is put away", async () => {
  const jobId = new URL(page.url()).pathname.split("/").at(-1)!;
  await page.goto(`${server.adminUrl}/credentials`);
  const opener = button("Add credential").first();
  await opener.focus();
  const palette = page.getByRole("dialog", { name: "Command palette" });
  const ask = async (text: string) => {
    await page.keyboard.press("ControlOrMeta+k");
    await palette.waitFor();
    await page.keyboard.type(text);
  };
  await ask("no such thing anywhere");
  await page.getByText("Nothing matches").waitFor();
  await page.keyboard.press("Escape");
  await palette.waitFor({ state: "hidden" });
  expect(await opener.evaluate((element) => element === document.activeElement)).toBe(true);

  await ask("supp");
  await page.getByRole("option", { name: /^Support Team of/ }).waitFor();
  const marked = page.getByRole("option", { selected: true });
  const names = await page.getByRole("option").allInnerTexts();
  const place = names.findIndex((name) => name.includes("Team of"));
  for (let step = 0; step < place; step += 1) await page.keyboard.press("ArrowDown");
  expect(await marked.innerText()).toBe(names[place]);
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: "Support" }).waitFor();
  expect(new URL(page.url()).pathname).toBe("/teams/support");

  await ask(jobId);
  await page.getByRole("option", { name: `${jobId} Open as job` }).waitFor();
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: "playground" }).waitFor();
  await ask("budg");
  await page.keyboard.press("Enter");
  await page.waitForURL("**/budgets");
  await ask("keyboard");
  await page.keyboard.press("Enter");
  const help = page.getByRole("dialog", { name: "Keyboard shortcuts" });
  await help.waitFor();
  await page.keyboard.press("Escape");
  await help.waitFor({ state: "hidden" });
});

it("takes a letter for a shortcut only where no field takes it for text", async () => {
  const help = page.getByRole("dialog", { name: "Keyboard shortcuts" });
  // A dialog that has just been closed is hidden before the page is told so; until then the key finds it open.
  const shown = async () => {
    await page.keyboard.press("?");
    return help.isVisible();
  };
  await until("the dialog opens", shown, { timeoutMs: 30_000 });
  await page.keyboard.type("gj");
  await page.keyboard.press("Escape");
  await help.waitFor({ state: "hidden" });
  expect(new URL(page.url()).pathname).toBe("/budgets");
  await page.keyboard.type("gt");
  await page.waitForURL("**/teams");
  await page.getByText("1 team shown").waitFor();
  await page.keyboard.press("/");
  const search = page.getByRole("searchbox");
  await search.and(page.locator(":focus")).waitFor();
  await page.keyboard.type("gj?/");
  await page.waitForURL("**/teams?search=**");
  expect(await search.inputValue()).toBe("gj?/");
  await button("Clear").click();
  await page.getByText("1 team shown").waitFor();
  const status = page.getByRole("combobox", { name: "Status" });
  await status.click();
  await page.keyboard.type("gj");
  await page.keyboard.press("Escape");
  expect(new URL(page.url()).pathname).toBe("/teams");
  expect(await help.isVisible()).toBe(false);
});

it("says that the server is gone, keeps a half-filled form, and goes on with it when it is back", async () => {
  await page.goto(`${server.adminUrl}/settings`);
  const name = page.getByLabel("Name of the service");
  await name.fill("Freight AI");
  await page.context().setOffline(true);
  const banner = page.getByRole("status").filter({ hasText: "this page tries again" });
  await banner.waitFor();
  await button("Save the settings").click();
  await page.getByRole("alert").filter({ hasText: "does not answer" }).waitFor();
  await page.context().setOffline(false);
  await banner.waitFor({ state: "hidden" });
  expect(await name.inputValue()).toBe("Freight AI");
  await button("Save the settings").click();
  await page.getByText("The settings are saved").waitFor();
});

it("follows calls live: stands still while paused, and filters in the address", async () => {
  await page.goto(`${server.adminUrl}/live`);
  await page.getByText("Live", { exact: true }).waitFor();
  const call = (text: string) =>
    tenant.send("POST", "/v1/chat/completions", {
      model: "chat-fast",
      messages: [{ role: "user", content: `#loopback ${JSON.stringify({ text })}` }],
    });
  const rows = page.getByRole("table", { name: /calls/i }).locator("tbody tr");
  expect((await call("one")).status).toBe(200);
  await rows.filter({ hasText: "Succeeded" }).first().waitFor();
  const shown = await rows.count();
  await button("Pause").click();
  expect((await call("two")).status).toBe(200);
  // What waits is counted on the button; the list stands still until it is pressed.
  const resume = page.getByRole("button", { name: /^Resume.*\d/ });
  await resume.waitFor();
  expect(await rows.count()).toBe(shown);
  await resume.click();
  await expect.poll(() => rows.count()).toBe(shown + 1);

  await page.getByRole("combobox", { name: "Status" }).click();
  await page.getByRole("option", { name: "Failed" }).click();
  await page.getByText("Live", { exact: true }).waitFor();
  expect(new URL(page.url()).search).toBe("?status=failed");
  expect((await call("three")).status).toBe(200);
  const failing = { status: 400, error: "no" };
  const failed = await tenant.send("POST", "/v1/chat/completions", {
    model: "chat-fast",
    messages: [{ role: "user", content: `#loopback ${JSON.stringify(failing)}` }],
  });
  expect(failed.status).toBeGreaterThanOrEqual(400);
  await rows.filter({ hasText: "Failed" }).first().waitFor();
  expect(await rows.filter({ hasText: "Succeeded" }).count()).toBe(0);
});
