import type { Page } from "playwright-core";
import { expect } from "vitest";
import { choose, dialog, gone, heading, press } from "./page-parts.ts";

/** What an admin does on the page of the team Routing, which has 1,000 credits. */

/** Allocates, deducts, adjusts, sets an alert, refills; ends at the ledger. */
export async function changeWallet(page: Page): Promise<void> {
  await press(page, "Allocate credits");
  const allocation = await dialog(page, "Allocate credits");
  await allocation.getByLabel("Amount").fill("2,500");
  await allocation.getByLabel("Reason").fill("Invoice 2026-118");
  await allocation.getByLabel("Price paid").fill("250");
  await allocation.getByText("3,500", { exact: true }).waitFor();
  await press(allocation, "Allocate 2,500 credits");
  const wallet = page.getByRole("region", { name: "Wallet" });
  await wallet.getByText("3,500", { exact: true }).first().waitFor();

  const actions = "Actions for Routing";
  await choose(page, actions, "Deduct credits…");
  const deduction = await dialog(page, "Deduct credits");
  await deduction.getByLabel("Amount").fill("9000");
  await deduction.getByLabel("Reason").fill("Consulting");
  await press(deduction, "Deduct 9,000 credits");
  await deduction.getByText("insufficient_credits").waitFor();
  await deduction.getByLabel("Amount").fill("100");
  await press(deduction, "Deduct 100 credits");
  await gone(deduction);
  await choose(page, actions, "Adjust the balance…");
  const adjustment = await dialog(page, "Adjust the balance");
  await adjustment.getByLabel("Amount").fill("-12.5");
  await press(adjustment, "Adjust by −12.5 credits");
  await adjustment.getByText("Say why: the team reads it.").waitFor();
  await adjustment.getByLabel("Reason").fill("Allocated twice");
  await press(adjustment, "Adjust by −12.5 credits");
  await wallet.getByText("3,387.50", { exact: true }).first().waitFor();

  await press(wallet, "Edit");
  const settings = await dialog(page, "Credit limit and alert");
  await settings.getByLabel("Low-balance alert").fill("500");
  await press(settings, "Save");
  await wallet.getByText("500", { exact: true }).waitFor();

  await wallet.getByRole("link", { name: "Ledger" }).click();
  const ledger = page.getByRole("table", { name: "Ledger entries, newest first" });
  for (const [kind, amount, after] of [
    ["Allocation", "+2,500", "3,500"],
    ["Deduction", "−100", "3,400"],
    ["Adjustment", "−12.5", "3,387.5"],
  ] as const) {
    const row = ledger.getByRole("row").filter({ hasText: amount }).filter({ hasText: kind });
    await row.getByText(after, { exact: true }).waitFor();
  }
  await press(page, "New refill");
  const refill = await dialog(page, "Refill Routing by itself");
  await refill.getByLabel("Amount").fill("10");
  await press(refill, "Start the refill");
  await page.getByText("10 credits a month").waitFor();
  await ledger.getByRole("row").filter({ hasText: "Refill" }).getByText("+10").waitFor();
  await press(page, "Stop…");
  await press(await dialog(page, "Stop the refill?"), "Stop the refill");
  await page.getByText("Stopped", { exact: true }).waitFor();
}

/** Makes a key, changes, rotates and revokes it. */
export async function changeKeys(page: Page): Promise<void> {
  await press(page, "Create key");
  const creation = await dialog(page, "Create a key");
  await creation.getByLabel("Name").fill("Batch");
  await creation.getByLabel("IP allow-list").fill("300.1.1.1");
  await press(creation, "Create the key");
  await creation.locator("[aria-invalid]").waitFor();
  await creation.getByLabel("IP allow-list").fill("203.0.113.0/24");
  await press(creation, "Create the key");
  const shown = await dialog(page, "The new key");
  const secret = (await shown.locator("code").textContent()) ?? "";
  expect(secret).toMatch(/^sk-/);
  await shown.getByRole("button", { name: "Close" }).last().click();
  const row = page.getByRole("row").filter({ hasText: "Batch" });
  await row.getByText("1 address").waitFor();
  expect(await row.textContent()).not.toContain(secret);

  await choose(page, "Actions: Batch", "Change…");
  const change = await dialog(page, "Change Batch");
  await change.getByLabel("Calls at once").fill("5");
  await press(change, "Save the key");
  await row.getByText("1 address, own limits").waitFor();
  await choose(page, "Actions: Batch", "Rotate…");
  await press(await dialog(page, "Rotate Batch"), "Issue the new key");
  const rotated = await dialog(page, "The new key");
  await rotated.getByText("The old key works until").waitFor();
  expect(await rotated.locator("code").textContent()).not.toBe(secret);
  await rotated.getByRole("button", { name: "Close" }).last().click();
  expect(await page.getByRole("row").filter({ hasText: "Batch" }).count()).toBe(2);
  const old = page.getByRole("row").filter({ hasText: "Expires in" });
  await old.getByRole("button", { name: "Actions: Batch" }).click();
  await page.getByRole("menuitem", { name: "Revoke…" }).click();
  await press(await dialog(page, "Revoke Batch?"), "Revoke Batch");
  await page.getByRole("row").filter({ hasText: "Revoked" }).waitFor();
}

/** A plan called Volume, made with the session of the page. */
export async function makePlan(page: Page): Promise<void> {
  await page.evaluate(() =>
    fetch("/api/plans", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ name: "Volume", kind: "flat", rules: { price: 2 } }),
    }).then((response) => {
      if (!response.ok) throw new Error(`no plan: ${response.status}`);
    }),
  );
}

/** From the overview to the wallet that is low there, and back when it is not. */
export async function endLowBalance(page: Page): Promise<void> {
  const low = page.getByRole("region", { name: "Low balances" }).getByRole("row");
  await low.getByRole("link", { name: "Routing" }).click();
  await press(page, "Allocate credits");
  const help = await dialog(page, "Allocate credits");
  await help.getByLabel("Amount").fill("9000");
  await press(help, "Allocate 9,000 credits");
  await gone(help);
  const menu = page.getByRole("navigation", { name: "Main" });
  await menu.getByRole("link", { name: "Overview" }).click();
  await heading(page, "Overview");
  await gone(low.filter({ hasText: "Routing" }));
}
