import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import {
  type RunningLoopbackProvider,
  startLoopbackProvider,
} from "../../server/loopback/start.ts";
import { testRuntime } from "../harness.ts";
import { accessibilityProblems, overflowPixels, startChromium, takeScreenshot } from "./browser.ts";
import { type Executable, startExecutable } from "./executable.ts";
import { owner, setupUrl, signInAsOwner } from "./owner.ts";

/** The admin UI as the executable serves it, with a real job through real LiteLLM behind it. */

const installAndStartMs = 300_000;
/** USD for a million tokens; with the tokens below a call costs 1000 × 0.25 / 10^6 + 100 × 2 / 10^6 = $0.00045. */
const prices = ["--input-price", "0.25", "--output-price", "2"];
const prompt = '#loopback {"input_tokens": 1000, "output_tokens": 100}';
const callCost = "$0.00045";
const jobCost = "$0.0009";

let server: Executable;
let provider: RunningLoopbackProvider;
let browser: Browser;
let context: BrowserContext | undefined;
let jobId: string;
let pageErrors: string[] = [];

beforeAll(async () => {
  provider = await startLoopbackProvider(await testRuntime());
  [browser, server] = await Promise.all([
    startChromium(),
    startExecutable({ env: { PROVIDER_KEY: "sk-of-the-provider" } }),
  ]);
  const upstream = ["--api-base", `${provider.url}/v1`, "--api-key-env", "PROVIDER_KEY"];
  await cli("model", "add", "chat-fast", "--model", "openai/gpt-5-mini", ...upstream, ...prices);
  const { organization_id } = await cli<{ organization_id: string }>("org", "create", "Acme");
  const team = ["team", "create", "Support", "--org", organization_id, "--credits", "100"];
  const { key } = await cli<{ key: string }>(...team);
  await server.ready();
  jobId = await runJob(key);
}, installAndStartMs);

afterAll(async () => {
  await browser?.close();
  await server?.stop();
  await provider?.stop();
});

afterEach(async () => {
  await context?.close();
});

async function cli<Answer>(...words: string[]): Promise<Answer> {
  return (await server.cli(...words, "--json")).json<Answer>();
}

/** A job of a plain and a streamed call, completed; returns its id. */
async function runJob(key: string): Promise<string> {
  const post = async (path: string, body: object) => {
    const response = await fetch(`${server.apiUrl}/api/jobs/${path}`, {
      method: "POST",
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${text}`);
    return text;
  };
  const created = await post("create", { job_type: "invoice_extraction" });
  const { job_id } = JSON.parse(created) as { job_id: string };
  const messages = [{ role: "user", content: prompt }];
  await post(`${job_id}/llm-call`, { messages, purpose: "classify" });
  await post(`${job_id}/llm-call-stream`, { messages, purpose: "extract" });
  await post(`${job_id}/complete`, { status: "completed", result: { pages: 3 } });
  return job_id;
}

async function newPage(theme: "light" | "dark" = "light", width = 1440): Promise<Page> {
  await context?.close();
  pageErrors = [];
  context = await browser.newContext({
    viewport: { width, height: 900 },
    colorScheme: theme,
    reducedMotion: "reduce",
  });
  const page = await context.newPage();
  page.on("pageerror", (error) => pageErrors.push(error.message));
  page.on("console", (message) => {
    // The browser itself writes a line for each answer of 4xx, such as that to a page without a session.
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) {
      pageErrors.push(message.text());
    }
  });
  return page;
}

const signIn = (page: Page) => signInAsOwner(page, server);

it("makes the first owner at the printed link, once, and shows what runs", async () => {
  const page = await newPage();
  const url = await setupUrl(server);
  await page.goto(server.adminUrl);
  await page.getByRole("heading", { name: "Create the first owner" }).waitFor();
  await page.getByText("saas-litellm admin setup-url").waitFor();
  await page.goto(url);
  await page.getByLabel("E-mail").fill(owner.email);
  await page.getByLabel("Name").fill(owner.name);
  await page.getByLabel("Password").fill("too short");
  await page.getByRole("button", { name: "Create the account" }).click();
  await page.getByText("12 characters or more.", { exact: true }).waitFor();
  await page.getByLabel("Password").fill(owner.password);
  await page.getByRole("button", { name: "Create the account" }).click();
  await page.getByRole("heading", { name: "Latest jobs" }).waitFor();
  expect(page.url()).toBe(`${server.adminUrl}/`);
  for (const part of ["Team API", "Database", "Gateway"]) {
    const panel = page.getByRole("region", { name: part, exact: true });
    await panel.getByText("Ready", { exact: true }).waitFor();
  }
  await page.getByText(server.apiUrl, { exact: true }).waitFor();
  await page.getByRole("link", { name: "Gateway", exact: true }).click();
  const processes = page.getByRole("table", { name: "Gateway processes" });
  await processes.getByText("Ready", { exact: true }).first().waitFor();
  expect(pageErrors).toEqual([]);
});

it("shows the job with what it really cost, and each of its calls", async () => {
  const page = await newPage();
  await signIn(page);
  const row = page.getByRole("row").filter({ hasText: "invoice_extraction" });
  await row.getByText(jobCost, { exact: true }).waitFor();
  await row.getByText("Completed", { exact: true }).waitFor();
  await row.getByRole("link", { name: "invoice_extraction" }).click();
  await page.getByRole("heading", { level: 1, name: "invoice_extraction" }).waitFor();
  expect(new URL(page.url()).pathname).toBe(`/jobs/${jobId}`);
  const calls = page.getByRole("table", { name: /^Calls of the job/ }).getByRole("row");
  for (const purpose of ["classify", "extract"]) {
    const call = calls.filter({ hasText: purpose });
    await call.getByText(callCost, { exact: true }).waitFor();
    expect(await call.getByText("openai/gpt-5-mini").count()).toBe(1);
    expect(await call.getByText("1,000", { exact: true }).count()).toBe(1);
  }
  expect(pageErrors).toEqual([]);
});

it("sends at most 150 KB of code and styles before the first screen, compressed, and others on demand", async () => {
  const page = await newPage();
  await signIn(page);
  await page.getByText(jobCost, { exact: true }).first().waitFor();
  const loaded = () =>
    page.evaluate(() =>
      (performance.getEntriesByType("resource") as PerformanceResourceTiming[])
        .filter(({ name }) => /\/assets\/.*\.(js|css)$/.test(name))
        .map(({ name, encodedBodySize: sent, decodedBodySize: size }) => ({ name, sent, size })),
    );
  const first = await loaded();
  expect(first.reduce((sum, { sent }) => sum + sent, 0)).toBeLessThanOrEqual(150_000);
  const whole = first.reduce((sum, { size }) => sum + size, 0);
  expect(first.reduce((sum, { sent }) => sum + sent, 0)).toBeLessThan(whole / 2);
  const isLoaded = (files: typeof first) => files.some(({ name }) => name.includes("pageAudit"));
  expect(isLoaded(first)).toBe(false);
  await page.getByRole("link", { name: "Audit log" }).click();
  await page.getByRole("heading", { name: "Audit log", level: 1 }).waitFor();
  expect(isLoaded(await loaded())).toBe(true);
});

it("refuses a set-up link once there is an owner, and leads to signing in", async () => {
  const page = await newPage();
  await signIn(page);
  const made = await server.cli("admin", "setup-url");
  expect(made.code).not.toBe(0);
  const stranger = await newPage();
  await stranger.goto(`${server.adminUrl}/setup#token=used`);
  expect(stranger.url()).toBe(`${server.adminUrl}/`);
  await stranger.getByLabel("E-mail").fill("eve@example.com");
  await stranger.getByLabel("Name").fill("Eve");
  await stranger.getByLabel("Password").fill(owner.password);
  await stranger.getByRole("button", { name: "Create the account" }).click();
  await stranger.getByText("setup_link_invalid").waitFor();
  await stranger.getByRole("button", { name: "Go to sign-in" }).click();
  await stranger.getByRole("heading", { name: "Sign in" }).waitFor();
  expect((await fetch(`${server.adminUrl}/api/status`)).status).toBe(401);
});

it("ends the session on the server when one signs out", async () => {
  const page = await newPage();
  await signIn(page);
  const cookies = await context!.cookies();
  const header = cookies.map(({ name, value }) => `${name}=${value}`).join("; ");
  const status = () => fetch(`${server.adminUrl}/api/status`, { headers: { cookie: header } });
  expect((await status()).status).toBe(200);
  expect(cookies.every(({ httpOnly, sameSite }) => httpOnly && sameSite === "Strict")).toBe(true);
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  expect((await status()).status).toBe(401);
});

for (const theme of ["light", "dark"] as const) {
  for (const width of [1440, 390]) {
    it(`is accessible and fits at ${width} px, ${theme}`, async () => {
      const page = await newPage(theme, width);
      await signIn(page);
      await page.getByText(jobCost, { exact: true }).filter({ visible: true }).first().waitFor();
      await takeScreenshot(page, `real-overview-${width}-${theme}`);
      expect(await accessibilityProblems(page)).toEqual([]);
      expect(await overflowPixels(page)).toBe(0);
      await page.goto(`${server.adminUrl}/jobs/${jobId}`);
      await page.getByText(callCost, { exact: true }).first().waitFor();
      await takeScreenshot(page, `real-job-${width}-${theme}`);
      expect(await accessibilityProblems(page)).toEqual([]);
      expect(await overflowPixels(page)).toBe(0);
      expect(pageErrors).toEqual([]);
    });
  }
}
