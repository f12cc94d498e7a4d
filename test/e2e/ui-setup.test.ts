import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import {
  type RunningLoopbackProvider,
  startLoopbackProvider,
} from "../../server/loopback/start.ts";
import { testRuntime } from "../harness.ts";
import { accessibilityProblems, startChromium, takeScreenshot } from "./browser.ts";
import { type Executable, startExecutable } from "./executable.ts";
import { signInAsOwner } from "./owner.ts";

/** From an empty server to a first live call, and then what an operator does with it: watch, stop a call, restart the gateway. */

let server: Executable;
let provider: RunningLoopbackProvider;
let browser: Browser;
let page: Page;
/** What the page showed once, and the first call used. */
let key = "";
const problems: string[] = [];

beforeAll(async () => {
  provider = await startLoopbackProvider(await testRuntime(), { apiKey: "sk-right" });
  [browser, server] = await Promise.all([startChromium(), startExecutable({})]);
  const context = await browser.newContext({
    viewport: { width: 1440, height: 900 },
    reducedMotion: "reduce",
  });
  page = await context.newPage();
  page.on("pageerror", (error) => problems.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource"))
      problems.push(message.text());
  });
}, 300_000);

afterAll(async () => {
  await browser?.close();
  await server?.stop();
  await provider?.stop();
});

afterEach(async ({ task }) => {
  // What the page looked like says more than a time limit.
  if (task.result?.state === "fail") await takeScreenshot(page, "setup-failed");
});

/** Moves the focus by Tab until it is on what is looked for. */
async function tabTo(wanted: Locator) {
  await wanted.waitFor();
  for (let steps = 0; steps < 80; steps += 1) {
    if (await wanted.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press("Tab");
  }
  throw new Error(`Tab does not reach ${wanted.toString()}.`);
}

async function type(label: string | RegExp, text: string) {
  await tabTo(page.getByLabel(label, { exact: true }));
  await page.keyboard.press("ControlOrMeta+A");
  await page.keyboard.type(text);
}

async function press(name: string) {
  await tabTo(page.getByRole("button", { name, exact: true }));
  await page.keyboard.press("Enter");
}

async function call(body: object): Promise<Response> {
  return fetch(`${server.apiUrl}/v1/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
}

it("takes a newcomer by keyboard alone from nothing to a first live call", async () => {
  await signInAsOwner(page, server);
  await page.getByText("0 of 4 done").waitFor();

  // A wrong address is found on the spot, and corrected.
  await tabTo(page.getByRole("combobox", { name: /^Provider/ }));
  // The list opens and moves in its own time, a moment after the key.
  const marked = page.locator('[role="option"][data-highlighted]');
  await page.keyboard.press("Enter");
  await page.getByRole("option").first().waitFor();
  await expect
    .poll(async () => {
      await page.keyboard.press("End");
      return marked.allInnerTexts();
    })
    .toEqual(await page.getByRole("option").last().allInnerTexts());
  await page.keyboard.press("Enter");
  await page.getByRole("option").first().waitFor({ state: "detached" });
  await type(/^API key/, "sk-right");
  // Nothing listens there.
  await type("Base URL", "http://127.0.0.1:1/v1");
  await press("Save and test the key");
  await page.getByText("The provider did not answer.").waitFor();
  await type("Base URL", `${provider.url}/v1`);
  await press("Save and test again");
  await page.getByText("1 of 4 done").waitFor();

  await tabTo(page.getByRole("combobox", { name: "Model", exact: true }));
  await page.keyboard.type("openai/gpt-5-mini");
  await page.getByText(/^From the price book: /).waitFor();
  await page.keyboard.press("Escape");
  await press("Add the model");
  await page.getByText("2 of 4 done").waitFor();

  await type("Customer", "Aperture Freight");
  await type("Team", "Routing");
  await type("Credits to begin with", "500");
  await page.getByText("500 credits, worth $50.00").waitFor();
  await press("Create the team");
  await page.getByText("3 of 4 done").waitFor();

  const curl = await page.getByRole("region", { name: "The first call" }).innerText();
  expect(curl).toContain(`${server.apiUrl}/v1/chat/completions`);
  key = /Bearer (sk-\S+)"/.exec(curl)![1]!;
  expect(await page.getByText(key, { exact: true }).count()).toBe(1);
  await page.getByText("Waiting for the first call").waitFor();
  await takeScreenshot(page, "setup-first-call-1440-light");
  expect(await accessibilityProblems(page)).toEqual([]);

  await server.ready();
  const body = /-d '(.*)'$/.exec(curl.trim())![1]!;
  expect((await call(JSON.parse(body) as object)).status).toBe(200);
  await page.getByText("The first call has arrived").waitFor();
  await takeScreenshot(page, "setup-arrived-1440-light");
  expect(await accessibilityProblems(page)).toEqual([]);
  await page.getByRole("link", { name: "Open the job" }).click();
  await page.getByText("openai/gpt-5-mini").filter({ visible: true }).first().waitFor();
  expect(problems).toEqual([]);
}, 300_000);

it("shows a call as it runs, and cancels it", async () => {
  await page.getByRole("link", { name: "Live calls" }).click();
  await page.getByText("Live", { exact: true }).waitFor();
  const script = JSON.stringify({ hold: "stop", hold_after_chunks: 1, text: "a b", chunks: 2 });
  const stream = await call({
    model: "chat-fast",
    stream: true,
    messages: [{ role: "user", content: `hello #loopback ${script}` }],
  });
  const text = stream.text();
  const row = page.getByRole("row").filter({ hasText: "In flight" });
  await row.waitFor();
  await takeScreenshot(page, "real-live-1440-light");
  await row.getByRole("button", { name: /^Actions/ }).click();
  await page.getByRole("menuitem", { name: "Cancel the call…" }).click();
  await page.getByRole("button", { name: "Cancel the call", exact: true }).click();
  expect(await text).toContain("call_cancelled");
  await page.getByRole("row").filter({ hasText: "Aborted" }).waitFor();
  expect(problems).toEqual([]);
});

it("restarts the gateway without losing a call", async () => {
  await page.getByRole("link", { name: "Gateway", exact: true }).click();
  const processes = page.getByRole("table", { name: "Gateway processes" });
  const firstPort = await processes.getByRole("row").nth(1).getByRole("cell").first().innerText();
  await page.getByText("os.environ/SAAS_LITELLM_CREDENTIAL_0").waitFor();
  expect(
    await page.getByRole("region", { name: "Text of the configuration" }).innerText(),
  ).not.toContain("sk-right");
  await page.getByRole("button", { name: "Restart…" }).click();
  await page.getByRole("button", { name: "Start new processes" }).click();
  await page.getByText("The gateway is being restarted").waitFor();
  const ready = processes.getByRole("row").filter({ hasText: "Ready" });
  await expect
    .poll(
      async () => {
        expect(
          (await call({ model: "chat-fast", messages: [{ role: "user", content: "x" }] })).status,
        ).toBe(200);
        const ports = await ready.evaluateAll((rows) =>
          rows.map((row) => row.firstElementChild?.textContent),
        );
        return ports.length > 0 && !ports.includes(firstPort);
      },
      { timeout: 90_000, interval: 1_000 },
    )
    .toBe(true);
  expect(problems).toEqual([]);
}, 180_000);

it("says which settings were saved, and asks before unsaved ones are left", async () => {
  await page.getByRole("link", { name: "Settings" }).click();
  await page.getByLabel("Name of the service").fill("Freight AI");
  await page.getByRole("link", { name: "Overview" }).click();
  await page.getByRole("button", { name: "Stay" }).click();
  await page.getByRole("button", { name: "Save the settings" }).click();
  await page.getByText("The settings are saved").waitFor();
  await page.getByRole("link", { name: "Overview" }).click();
  await page.getByRole("heading", { name: "Overview" }).waitFor();
  const document = await (await fetch(`${server.apiUrl}/openapi.json`)).text();
  expect(document).toContain("Freight AI");
  expect(problems).toEqual([]);
});
