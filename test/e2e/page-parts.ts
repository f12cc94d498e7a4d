import type { Locator, Page } from "playwright-core";

/** How tests reach the parts of the admin UI: dialogs, menus, buttons by their names. */

/** The dialog that a button or a menu's item opens. */
export async function dialog(page: Page, name: string | RegExp): Promise<Locator> {
  const found = page.getByRole("dialog", { name });
  await found.waitFor();
  return found;
}

export async function choose(page: Page, menu: string | RegExp, item: string): Promise<void> {
  await page.getByRole("button", { name: menu }).click();
  await page.getByRole("menuitem", { name: item, exact: true }).click();
}

export const press = (within: Page | Locator, name: string | RegExp) =>
  within.getByRole("button", { name, exact: typeof name === "string" }).click();

export const heading = (page: Page, name: string) =>
  page.getByRole("heading", { level: 1, name, exact: true }).waitFor();

export const gone = (shown: Locator) => shown.waitFor({ state: "hidden" });
