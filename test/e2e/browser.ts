import { existsSync, mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { type Browser, type Page, chromium } from "playwright-core";

const screenshots = new URL("../screenshots/", import.meta.url);
const programs = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Debian's Chromium without a window, and without what it would load by itself. */
export function startChromium(): Promise<Browser> {
  const executablePath = programs.find((path) => existsSync(path));
  if (!executablePath) throw new Error("Chromium is not installed: apt-get install chromium");
  return chromium.launch({
    executablePath,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}

/** The rules whose outcome depends on the theme. */
const colourRules = ["color-contrast", "link-in-text-block"];

/**
 * What WCAG 2.2 AA and axe's best practices find wrong with the page, or with the part of it that a selector names, one line
 * each; empty when nothing.
 */
export async function accessibilityProblems(
  page: Page,
  { rules = "all", within }: { rules?: "all" | "colours"; within?: string | undefined } = {},
): Promise<string[]> {
  // Evaluated by the debugger, which the page's Content-Security-Policy does not bind; a script tag would be refused.
  if (!(await page.evaluate(() => "axe" in globalThis))) await page.evaluate(axe);
  const options = {
    resultTypes: ["violations"],
    ...(rules === "colours" ? { runOnly: { type: "rule", values: colourRules } } : {}),
  };
  return page.evaluate(
    async ([place, chosen]) => {
      const { axe: tool } = globalThis as unknown as {
        axe: {
          run(
            context: unknown,
            options: unknown,
          ): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }>;
        };
      };
      // What is still fading in has not its colours yet.
      const moving = document
        .getAnimations()
        .filter(({ effect }) => Number.isFinite(Number(effect?.getComputedTiming().endTime)));
      await Promise.allSettled(moving.map(({ finished }) => finished));
      const { violations } = await tool.run(place ?? document, chosen);
      return violations.map(
        ({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" | ")}`,
      );
    },
    [within, options] as const,
  );
}

/** How many pixels the page is wider than its window; 0 when it needs no sideways scrolling. */
export function overflowPixels(page: Page): Promise<number> {
  return page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
}

/** A picture of the whole page, or of its window, below `test/screenshots/`, which git ignores. */
export async function takeScreenshot(page: Page, name: string, fullPage = true): Promise<void> {
  mkdirSync(screenshots, { recursive: true });
  await page.screenshot({ path: new URL(`${name}.png`, screenshots).pathname, fullPage });
}
