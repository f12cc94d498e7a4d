import type { Locator, Page } from "playwright-core";
import { expect, it } from "vitest";
import type { DialogState } from "../ui/dialog-states.ts";
import { dialogPages } from "../ui/dialogs.ts";
import { accessibilityProblems, overflowPixels, takeScreenshot } from "./browser.ts";
import { painted, testUiPages } from "./ui-pages.ts";

/** Every dialog and menu while it is open: what axe says in both themes, that it fits a phone, and that Escape gives the focus back. */

const pages = await testUiPages();

for (const { path, given, dialogs } of dialogPages) {
  const states = Object.values(dialogs).flat();
  it(`${path}: ${states.map(({ shows }) => shows[1]).join(", ")}`, async () => {
    const page = await pages.open(path, given);
    for (const state of states) await check(page, state);
    expect(pages.problems()).toEqual([]);
  });
}

async function check(page: Page, { shows: [role, name], press, stays, width }: DialogState) {
  await page.setViewportSize({ width: width ?? 1440, height: 900 });
  /** What stays on the page and had the focus last: an item of a menu is gone, the button that opened the menu is not. */
  let back: Locator | undefined;
  for (const [kind, label] of press) {
    if (kind === "type") {
      await page.keyboard.type(label);
      continue;
    }
    const part = page.getByRole(kind as "button", { name: label, exact: true }).first();
    await part.click();
    if (kind !== "menuitem" && kind !== "option") back = part;
  }
  const shown = page.getByRole(role, { name, exact: true });
  await shown.waitFor();
  await isAccessible(page, shown, `${role} ${name}`);
  await page.keyboard.press("Escape");
  if (stays) {
    await shown.waitFor();
    return;
  }
  await shown.waitFor({ state: "hidden" });
  if (back) {
    const opener = back;
    await expect.poll(() => hasFocus(opener)).toBe(true);
  }
}

async function isAccessible(page: Page, shown: Locator, name: string) {
  const within = await shown.evaluate((element) => {
    element.setAttribute("data-checked", "");
    return "[data-checked]";
  });
  const file = name.replaceAll(/[^\w]+/g, "-").toLowerCase();
  const found: Record<string, unknown> = {};
  for (const theme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme: theme });
    await painted(page);
    const problems = await accessibilityProblems(page, {
      within,
      rules: theme === "dark" ? "colours" : "all",
    });
    if (problems.length > 0) found[theme] = problems;
  }
  const before = page.viewportSize()!;
  await takeScreenshot(page, `${file}-${before.width}-dark`, false);
  await page.setViewportSize({ width: 390, height: 844 });
  await page.emulateMedia({ colorScheme: "light" });
  await takeScreenshot(page, `${file}-390-light`, false);
  const overflow = await overflowPixels(page);
  if (overflow > 0) found["overflow"] = overflow;
  await page.setViewportSize(before);
  expect({ name, ...found }).toEqual({ name });
}

const hasFocus = (part: Locator) => part.evaluate((element) => element === document.activeElement);
