import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { jobDetail } from "../ui/answers.ts";
import * as billing from "../ui/billing-answers.ts";
import { team } from "../ui/customer-answers.ts";
import { jobPath, ok } from "../ui/states.ts";
import { testUiPages } from "./ui-pages.ts";

/** What the UI does while an answer is on its way. */

const pages = await testUiPages();

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

/** Goes to another page as by a link, without loading anew. */
const follow = (page: Page, to: string) =>
  page.evaluate((href) => {
    const link = Object.assign(document.createElement("a"), { href });
    document.body.append(link);
    link.click();
    link.remove();
  }, to);

describe("while an answer is on its way", () => {
  it("keeps the dialog that waits for it, and then the secret that came, from a slip", async () => {
    const page = await pages.open(`/teams/${team.team_id}`);
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

  it("shows nothing of one team or job as another's", async () => {
    const other = "/teams/other";
    const page = await pages.open(other, {
      [`GET /api${other}`]: ok({ ...team, team_id: "other", name: "Other" }),
      [`GET /api${other}/wallet`]: "silent",
      [`GET /api${other}/wallet/entries?limit=25`]: "silent",
      [`GET /api${other}/wallet/grants?state=open&limit=100`]: "silent",
      "GET /api/jobs/other": "silent",
    });
    await page.getByRole("heading", { name: "Other", level: 1 }).waitFor();
    await follow(page, `/teams/${team.team_id}?tab=wallet`);
    const reason = page.getByText("The answer was of no use").filter({ visible: true }).first();
    await reason.waitFor();
    // Read before, so that the page goes on from one team to the other without a pause.
    await follow(page, `${other}?tab=wallet`);
    await page.getByRole("heading", { name: "Other", level: 1 }).waitFor();
    await page.getByRole("heading", { name: "Ledger" }).waitFor();
    expect(await reason.count()).toBe(0);

    await follow(page, jobPath);
    const name = page.getByRole("heading", { name: jobDetail.job_type, level: 1 });
    await name.waitFor();
    await follow(page, "/jobs/other");
    await page.getByText("other", { exact: true }).waitFor();
    expect(await name.count()).toBe(0);
  });
});
