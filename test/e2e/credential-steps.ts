import type { Page } from "playwright-core";
import { expect } from "vitest";
import { takeScreenshot } from "./browser.ts";
import { choose, dialog, gone, press } from "./page-parts.ts";

/** On the page of an organization without a credential of its own, and back to none. */
export async function keepOwnCredential(
  page: Page,
  of: { adminUrl: string; organization: string },
) {
  const tab = `${of.adminUrl}/organizations/${of.organization}?tab=credentials`;
  await page.goto(tab);
  await page.getByText("No credential of its own").waitFor();
  await page.getByRole("button", { name: "Add credential" }).first().click();
  const form = await dialog(page, "Add credential");
  // Whose it is says the page; the form of everyone's asks.
  expect(await form.getByRole("combobox").count()).toBe(0);
  await form.getByLabel("Name").fill("Its own");
  await form.getByLabel("Provider's key").fill("sk-first-1111");
  await form.getByLabel("Base URL").fill("http://127.0.0.1:9/v1");
  await press(form, "Add credential");
  await gone(form);
  const row = page.getByRole("row").filter({ hasText: "Its own" });
  await row.getByText("…1111").waitFor();

  const actions = "Actions: Its own";
  await choose(page, actions, "Replace key");
  const replacement = await dialog(page, /^Replace the key/);
  await press(replacement, "Replace key");
  await replacement.getByText("Paste the provider's key.").waitFor();
  await replacement.getByLabel("New key").fill("sk-second-2222");
  await press(replacement, "Replace key");
  // The provider is asked at once; nobody listens at this one's address.
  const tested = await dialog(page, "Test of Its own");
  await tested.getByText("No answer").waitFor();
  await tested.getByRole("button", { name: "Close" }).last().click();
  await row.getByText("…2222").waitFor();

  await choose(page, actions, "Switch off");
  await row.getByText("Off", { exact: true }).waitFor();
  await takeScreenshot(page, "real-organization-credentials");
  await page.goto(`${of.adminUrl}/credentials`);
  await row.getByText(of.organization).waitFor();
  await page.goto(tab);
  await choose(page, actions, "Delete");
  await press(await dialog(page, /^Delete Its own/), "Delete credential");
  await page.getByText("No credential of its own").waitFor();
}
