import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { unopenedPages } from "../ui/navigation-pages.ts";
import { startChromium, takeScreenshot } from "./browser.ts";
import { type Executable, startExecutable } from "./executable.ts";
import { fastGateway } from "./gateway-mode.ts";
import { createHostileTenant, hostile, type HostileTenant } from "./hostile.ts";
import { createOwner, signInAsOwner } from "./owner.ts";

/** Every name and piece of metadata holds markup and a formula: on no screen, in no document and in no file does either run. */

const gateway = await fastGateway();
let server: Executable;
let browser: Browser;
let page: Page;
let tenant: HostileTenant;
const problems: string[] = [];

beforeAll(async () => {
  [browser, server] = await Promise.all([startChromium(), startExecutable({ env: gateway.env })]);
  const { cookie } = await createOwner(server);
  tenant = await createHostileTenant(server, { cookie }, "http://127.0.0.1:1/v1");
  // Wide enough for every column of every table.
  const context = await browser.newContext({
    viewport: { width: 1920, height: 1080 },
    reducedMotion: "reduce",
    userAgent: hostile("browser"),
  });
  page = await context.newPage();
  page.on("pageerror", (error) => problems.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource"))
      problems.push(message.text());
  });
  // The picture of the payload, were it ever one.
  page.on("request", (request) => {
    if (new URL(request.url()).pathname.endsWith("/x")) problems.push(request.url());
  });
  await signInAsOwner(page, server);
});

afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

const month = new Date().toISOString().slice(0, 7);

/** Where each field is shown: as text, as a title, or in a field of a form. */
const screens = (): readonly (readonly [path: string, fields: string, press?: string])[] => [
  ["/", "job-type"],
  ["/live", "", "call"],
  ["/organizations", "organization"],
  ["/organizations/acme", "organization team"],
  ["/organizations/acme?tab=plan", "organization"],
  ["/organizations/acme?tab=usage", "team"],
  ["/organizations/acme?tab=credentials", "credential-of-acme"],
  ["/organizations/acme?tab=activity", "state-reason token"],
  ["/teams", "team organization"],
  ["/teams/routing", "team organization virtual-key plan"],
  ["/teams/routing?tab=wallet", "ledger-reason"],
  ["/teams/routing?tab=access", "preset"],
  ["/teams/routing?tab=plan", "plan plan-reason"],
  ["/teams/routing?tab=budgets", "team"],
  ["/teams/routing?tab=usage", "job-type"],
  ["/teams/routing?tab=activity", "state-reason token"],
  [`/jobs?job_type=${encodeURIComponent(hostile("job-type"))}`, "job-type"],
  [
    `/jobs/${tenant.jobId}`,
    "job-type user external-task metadata key-of-metadata job-error result purpose target",
  ],
  [`/jobs/${tenant.jobId}?call=${tenant.callId}`, "purpose message", "Show what was stored"],
  ["/analytics", "team"],
  ["/analytics?team=routing&group=job_type", "job-type"],
  [`/analytics/statements/routing/${month}`, "team organization brand plan"],
  ["/plans", "plan"],
  [`/plans/${tenant.planId}`, "plan priced-type"],
  [`/plans/${tenant.planId}/edit`, "plan priced-type"],
  ["/plans/_new", ""],
  [`/what-if?plan=${tenant.planId}`, "plan"],
  ["/budgets", ""],
  ["/top-ups", "batch"],
  [`/top-ups/${tenant.batchId}`, "batch"],
  ["/notices", ""],
  ["/models", "target"],
  ["/models/chat", "target credential"],
  ["/credentials", "credential credential-of-acme"],
  ["/groups", "group"],
  ["/gateway", ""],
  ["/playground?team=routing&model=chat", ""],
  ["/settings", "brand"],
  ["/people", "person"],
  ["/tokens", "token"],
  ["/audit?action=organization.create", "token"],
  ["/account", "person browser"],
];

/** The fields that the page does not show as they were written, among text, titles and values of fields. */
const missing = (fields: readonly string[]) =>
  page.evaluate(
    (names) => {
      const parts = [document.body.innerText];
      for (const element of document.querySelectorAll("[title], input, textarea, [aria-label]")) {
        parts.push(element.getAttribute("title") ?? "", element.getAttribute("aria-label") ?? "");
        if ("value" in element) parts.push(String(element.value));
      }
      const text = parts.join("\n");
      return names.filter((name) => !text.includes(`hacked=1>${name}`));
    },
    [...fields],
  );

/** Whether markup of a name became part of the page. */
const ran = () =>
  page.evaluate(
    () =>
      "hacked" in globalThis || document.querySelector("img[src=x], [onerror], [onload]") !== null,
  );

it("no screen takes a name for markup, and each shows it as it was written", async () => {
  const found: unknown[] = [];
  for (const [path, fields, press] of screens()) {
    await page.evaluate((to) => {
      history.pushState(null, "", to);
      dispatchEvent(new PopStateEvent("popstate"));
    }, path);
    await page.locator("main h1").first().waitFor();
    if (press === "call") {
      await page.getByText("Live", { exact: true }).waitFor();
      await tenant.call();
    } else if (press) await page.getByRole("button", { name: press }).click();
    const names = fields.split(" ").filter(Boolean);
    await expect
      .poll(() => missing(names))
      .toEqual([])
      .catch(async () => found.push({ path, missing: await missing(names) }));
    if (await ran()) found.push({ path, ran: true });
  }
  if (found.length > 0) await takeScreenshot(page, "hostile-failed");
  expect(found).toEqual([]);
  expect(unopenedPages(screens().map(([path]) => path))).toEqual([]);
  expect(problems).toEqual([]);
});

it("dialogs, the palette, an entry of the audit log and what is told afterwards are text as well", async () => {
  await page.goto(`${server.adminUrl}/audit?action=organization.create`);
  await page.getByRole("link", { name: "organization.create" }).click();
  const entry = page.getByRole("dialog", { name: "organization.create" });
  await entry.getByText(hostile("key-of-metadata")).first().waitFor();
  await entry.getByText(hostile("organization")).first().waitFor();
  await page.keyboard.press("Escape");
  await page.keyboard.press("ControlOrMeta+k");
  await page.keyboard.type("img src");
  for (const field of ["team", "organization"]) {
    await page
      .getByRole("option")
      .filter({ hasText: hostile(field) })
      .first()
      .waitFor();
  }
  await page.keyboard.press("Escape");
  await page.goto(`${server.adminUrl}/teams/routing`);
  await page.getByRole("button", { name: `Actions for ${hostile("team")}` }).click();
  await page.getByRole("menuitem", { name: "Pause…" }).click();
  const pause = page.getByRole("dialog", { name: `Pause ${hostile("team")}?` });
  await pause.getByRole("button", { name: `Pause ${hostile("team")}` }).click();
  await page.getByText(`${hostile("team")} is paused`).waitFor();
  expect(await ran()).toBe(false);
  expect(problems).toEqual([]);
});

it("no cell of an exported file is a formula", async () => {
  const files: string[] = [];
  const text = async (path: string) => {
    const response = await page.request.get(server.adminUrl + path);
    expect({ path, status: response.status() }).toEqual({ path, status: 200 });
    return response.text();
  };
  const groups = ["organization", "team", "job_type", "alias", "target", "key"];
  for (const group of groups) {
    files.push(await text(`/api/usage.csv?period=${month}&group_by=${group}`));
  }
  files.push(await text("/api/audit.csv"));
  files.push(await text(`/api/teams/routing/statement.csv?month=${month}`));
  for (const file of files) expect(file).not.toMatch(/(?:^|[,\n])"?[=+@\t]/);
  for (const field of ["organization", "team", "job-type", "token"]) {
    // A quote in a cell is written twice.
    const cell = `'${hostile(field).replaceAll('"', '""')}`;
    expect({ field, told: files.some((file) => file.includes(cell)) }).toEqual({
      field,
      told: true,
    });
  }
});

it("the document for teams takes the name of the service for text", async () => {
  const response = await page.goto(`${server.apiUrl}/docs`);
  expect(response!.status()).toBe(200);
  const policy = await response!.headerValue("content-security-policy");
  expect(policy).toContain("frame-ancestors 'none'");
  expect(await page.title()).toBe(hostile("brand"));
  await page.getByRole("heading", { name: hostile("brand") }).waitFor();
  expect(await ran()).toBe(false);
});
