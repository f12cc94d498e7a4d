import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import * as billing from "../ui/billing-answers.ts";
import { team } from "../ui/customer-answers.ts";
import { startUiPages, type UiPages } from "./ui-pages.ts";

/** What the UI does while an answer is on its way. */

let pages: UiPages;

beforeAll(async () => {
  pages = await startUiPages();
}, 60_000);

afterAll(() => pages?.stop());
afterEach(() => pages.closePage());

/** Keeps the answer to a POST back until it is let go. */
async function heldAnswer(page: Page, path: string, body: object) {
  let isAsked = () => {};
  let letGo = () => {};
  const asked = new Promise<void>((resolve) => (isAsked = resolve));
  const gate = new Promise<void>((resolve) => (letGo = resolve));
  await page.route(`**${path}`, async (route) => {
    if (route.request().method() !== "POST") return route.fallback();
    isAsked();
    await gate;
    await route.fulfill({ status: 201, json: body });
  });
  return { asked, letGo };
}

describe("while an answer is on its way", () => {
  it("keeps the dialog that waits for it, and then the secret that came, from a slip", async () => {
    const page = await pages.open(`/teams/${team.team_id}`);
    page.setDefaultTimeout(10_000);
    const answer = await heldAnswer(page, `/api/teams/${team.team_id}/keys`, {
      ...team.keys[0]!,
      key: "sk-shown-once",
    });
    await page.getByRole("button", { name: "Create key" }).click();
    const form = page.getByRole("dialog", { name: "Create a key" });
    await form.getByLabel("Name").fill("production");
    await page.mouse.click(5, 5);
    expect(await form.getByLabel("Name").inputValue()).toBe("production");

    await form.getByRole("button", { name: "Create the key" }).click();
    await answer.asked;
    // Chromium closes a dialog by the second Escape whatever the page says.
    await page.keyboard.press("Escape");
    await page.keyboard.press("Escape");
    await form.getByRole("button", { name: "Close" }).click();
    await page.mouse.click(5, 5);
    expect(await form.getByRole("button", { name: "Cancel" }).isDisabled()).toBe(true);
    answer.letGo();
    const shown = page.getByRole("dialog", { name: "The new key" });
    await shown.getByText("sk-shown-once").waitFor();
    await page.mouse.click(5, 5);
    await shown.getByText("sk-shown-once").waitFor();
    await page.keyboard.press("Escape");
    await shown.waitFor({ state: "hidden" });
    await page.getByRole("button", { name: "Create key" }).click();
    expect(await form.getByLabel("Name").inputValue()).toBe("");
    await page.mouse.click(5, 5);
    await form.waitFor({ state: "hidden" });
  });

  it("does not lead back who has left the page that asked", async () => {
    const page = await pages.open("/plans/_new");
    page.setDefaultTimeout(10_000);
    const answer = await heldAnswer(page, "/api/plans", billing.planDetail);
    await page.getByRole("textbox", { name: "Name" }).fill("Volume");
    await page.getByRole("button", { name: "Create the plan" }).click();
    await answer.asked;
    await page.getByRole("link", { name: "Teams" }).click();
    await page.getByRole("heading", { name: "Teams" }).waitFor();
    answer.letGo();
    await page.getByText("Volume is created").waitFor();
    expect(new URL(page.url()).pathname).toBe("/teams");
    await page.getByRole("heading", { name: "Teams" }).waitFor();
  });
});
