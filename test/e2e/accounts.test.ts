import { generate } from "otplib";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { startChromium } from "./browser.ts";
import { type Executable, startExecutable } from "./executable.ts";
import { fastGateway } from "./gateway-mode.ts";
import { owner, signInAsOwner } from "./owner.ts";

/** Accounts through the pages of the executable. */
const gateway = await fastGateway();
let server: Executable;
let browser: Browser;
const contexts: BrowserContext[] = [];

beforeAll(async () => {
  [browser, server] = await Promise.all([startChromium(), startExecutable({ env: gateway.env })]);
});

afterEach(async () => {
  await Promise.all(contexts.splice(0).map((context) => context.close()));
});

afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

async function newPage(): Promise<Page> {
  const context = await browser.newContext({ reducedMotion: "reduce" });
  contexts.push(context);
  return context.newPage();
}

/** Status of a read with the page's session. */
const statusOf = (page: Page, path: string) =>
  page.evaluate(async (asked) => (await fetch(asked)).status, path);

test("an owner invites a viewer, who joins by the link and finds what a viewer may", async () => {
  const page = await newPage();
  await signInAsOwner(page, server);
  await page.getByRole("link", { name: "People" }).click();
  await page.getByRole("button", { name: "Invite somebody" }).click();
  const dialog = page.getByRole("dialog", { name: "Invite somebody" });
  await dialog.getByLabel("E-mail").fill("grace@example.com");
  await dialog.getByRole("radio", { name: /^Viewer/ }).check();
  await dialog.getByRole("button", { name: "Make the link" }).click();
  const link = await dialog.getByText(/\/invitation#token=/).textContent();
  await dialog.getByRole("button", { name: "Done" }).click();
  await page.getByRole("region", { name: "Invitations" }).getByText("grace@example.com").waitFor();

  const joining = await newPage();
  await joining.goto(link!);
  await joining.getByText("grace@example.com is invited as viewer.").waitFor();
  expect(joining.url()).toBe(`${server.adminUrl}/`);
  await joining.getByLabel("Name").fill("Grace");
  await joining.getByLabel("Password").fill("a password of her own");
  await joining.getByRole("button", { name: "Create my account" }).click();
  await joining.getByRole("link", { name: "Your account" }).waitFor();
  expect(await joining.getByRole("link", { name: "Audit log" }).count()).toBe(0);
  expect(await joining.getByRole("link", { name: "API tokens" }).count()).toBe(0);
  expect(await statusOf(joining, "/api/accounts")).toBe(200);
  expect(await statusOf(joining, "/api/tokens")).toBe(403);
  expect(await statusOf(joining, "/api/audit")).toBe(403);
});

test("a form keeps what was typed when the session ends, and is saved after signing in over it", async () => {
  const page = await newPage();
  await signInAsOwner(page, server);
  await page.getByRole("link", { name: "Your account" }).click();
  const name = page.getByLabel("Name");
  await name.fill("Ada Lovelace");
  await page.evaluate(() => fetch("/api/session", { method: "DELETE" }));
  await page.getByRole("button", { name: "Save the name" }).click();
  const dialog = page.getByRole("dialog", { name: "Your session has ended" });
  await dialog.getByLabel("E-mail").fill(owner.email);
  await dialog.getByLabel("Password").fill(owner.password);
  await dialog.getByRole("button", { name: "Sign in" }).click();
  await dialog.waitFor({ state: "hidden" });
  expect(await name.inputValue()).toBe("Ada Lovelace");
  await page.getByRole("button", { name: "Save the name" }).click();
  await page.getByText("Name saved").waitFor();

  // In a dialog as well, above which the question then stands.
  await page.getByRole("link", { name: "Organizations" }).click();
  await page.getByRole("button", { name: "New organization" }).first().click();
  const creation = page.getByRole("dialog", { name: "New organization" });
  await creation.getByLabel("Name").fill("Aperture Freight");
  await page.evaluate(() => fetch("/api/session", { method: "DELETE" }));
  await creation.getByRole("button", { name: "Create the organization" }).click();
  await dialog.waitFor();
  await page.keyboard.press("Escape");
  await dialog.getByLabel("E-mail").fill(owner.email);
  await dialog.getByLabel("Password").fill(owner.password);
  await dialog.getByRole("button", { name: "Sign in" }).click();
  await dialog.waitFor({ state: "hidden" });
  expect(await creation.getByLabel("Name").inputValue()).toBe("Aperture Freight");
  await creation.getByRole("button", { name: "Create the organization" }).click();
  await page.getByRole("heading", { level: 1, name: "Aperture Freight" }).waitFor();
});

test("a second factor is turned on by its code, asked for at sign-in, and stands in the audit log", async () => {
  const page = await newPage();
  await signInAsOwner(page, server);
  await page.getByRole("link", { name: "Your account" }).click();
  await page.getByRole("button", { name: "Set up" }).click();
  const dialog = page.getByRole("dialog", { name: "Set up a second factor" });
  await dialog.getByLabel("Current password").fill(owner.password);
  await dialog.getByRole("button", { name: "Continue" }).click();
  await dialog.getByRole("img", { name: "QR code for an authenticator app" }).waitFor();
  const secret = (await dialog.getByText(/^[A-Z2-7]{32}$/).textContent())!;
  await dialog.getByRole("textbox", { name: "Code" }).fill(await generate({ secret }));
  await dialog.getByRole("button", { name: "Turn on" }).click();
  const [backupCode] = (await dialog.getByText(/^(?:[a-z2-9]{4}-){3}/).textContent())!.split("\n");
  await dialog.getByRole("button", { name: "I kept them" }).click();
  await page.getByText("10 backup codes left").waitFor();

  const next = await newPage();
  await next.goto(`${server.adminUrl}/audit?action=account.`);
  await next.getByLabel("E-mail").fill(owner.email);
  await next.getByLabel("Password").fill(owner.password);
  await next.keyboard.press("Enter");
  await next.getByLabel("Code").fill(backupCode!);
  await next.keyboard.press("Enter");
  await next.getByRole("link", { name: "account.second_factor" }).first().click();
  const entry = next.getByRole("dialog", { name: "account.second_factor" });
  await entry.getByText(owner.email).waitFor();
  await entry.getByText("second_factor", { exact: true }).waitFor();
  expect(new URL(next.url()).searchParams.get("action")).toBe("account.");
});

test("a lost password is reset by a command, whose link sets a new one without the second factor", async () => {
  const reset = await server.cli("admin", "reset", owner.email.toUpperCase(), "--json");
  const { url } = reset.json<{ url: string }>();
  const page = await newPage();
  await page.goto(url);
  await page.getByLabel("Password").fill("another password of mine");
  await page.getByRole("button", { name: "Set the password and sign in" }).click();
  await page.getByRole("link", { name: "Your account" }).click();
  await page.getByText("whoever has your password can sign in").waitFor();
  expect((await server.cli("admin", "reset", "nobody@example.com")).code).not.toBe(0);
});
