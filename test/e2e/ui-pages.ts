import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { build } from "vite";
import { afterAll, afterEach, expect } from "vitest";
import { healthy, refused } from "../ui/states.ts";
import { accessibilityProblems, overflowPixels, startChromium, takeScreenshot } from "./browser.ts";
import { type Answer, startUiServer, type UiServer } from "./ui-server.ts";

/** The built UI in Chromium, without a server behind it: most states cannot be brought about with a real one at will. */
export interface UiPages {
  /** A browser of its own at an address; what was open before is closed. */
  open(path: string, given?: Record<string, Answer>, width?: number): Promise<Page>;
  /** What the API answers from now on, by method and path. */
  answer(current: Record<string, Answer>): void;
  answers(): Record<string, Answer>;
  /** What the API was asked since the page was opened: method, path and body. */
  requests(): readonly string[];
  /** What the page threw or wrote as an error, such as a breach of its policy. */
  problems(): readonly string[];
  url: string;
  closePage(): Promise<void>;
  stop(): Promise<void>;
}

/** For a test file: a page is closed behind its test, the browser behind the last one. */
export async function testUiPages(): Promise<UiPages> {
  const pages = await startUiPages();
  afterEach(() => pages.closePage());
  afterAll(() => pages.stop());
  return pages;
}

async function startUiPages(): Promise<UiPages> {
  const folder = await mkdtemp(join(tmpdir(), "ui-"));
  let current: Record<string, Answer> = healthy;
  let requests: string[] = [];
  let problems: string[] = [];
  let context: BrowserContext | undefined;
  await build({
    configFile: new URL("../../ui/vite.config.ts", import.meta.url).pathname,
    logLevel: "error",
    build: { outDir: folder },
  });
  const [browser, server]: [Browser, UiServer] = await Promise.all([
    startChromium(),
    startUiServer(folder, ({ method, path, body }) => {
      requests.push(`${method} ${path} ${body}`.trim());
      return current[`${method} ${path}`] ?? refused(404, "not_found", "There is no such thing.");
    }),
  ]);
  return {
    async open(path, given = {}, width = 1440) {
      current = { ...healthy, ...given };
      requests = [];
      problems = [];
      await context?.close();
      context = await browser.newContext({
        viewport: { width, height: 900 },
        colorScheme: "light",
        reducedMotion: "reduce",
      });
      const page = await context.newPage();
      page.on("pageerror", (error) => problems.push(error.message));
      page.on("console", (message) => {
        // The browser itself writes a line for each answer of 4xx or 5xx; those are part of the states.
        if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) {
          problems.push(message.text());
        }
      });
      await page.goto(server.url + path);
      return page;
    },
    answer: (next) => (current = next),
    answers: () => current,
    requests: () => requests,
    problems: () => problems,
    url: server.url,
    closePage: async () => context?.close(),
    async stop() {
      await browser.close();
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/**
 * A picture in each window and theme, and what axe finds there. The same page changes its look, which is a quarter of the work
 * of opening it four times; in the dark only colours differ, so that only their rules run again.
 */
export async function isSoundInEveryLook(page: Page, name: string, within?: string): Promise<void> {
  await page.evaluate(() => document.fonts.ready);
  const found: Record<string, unknown> = {};
  for (const width of [1440, 390]) {
    await page.setViewportSize({ width, height: 900 });
    for (const theme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme: theme });
      await painted(page);
      const look = `${name}-${width}-${theme}`;
      await takeScreenshot(page, look);
      const rules = theme === "dark" ? "colours" : "all";
      const problems = await accessibilityProblems(page, { rules, within });
      const overflow = await overflowPixels(page);
      if (problems.length > 0 || overflow > 0) found[look] = { problems, overflow };
    }
  }
  expect(found).toEqual({});
}

/** After what listens to the size of its place, such as a chart, has drawn itself anew, and what fades in is there. */
export const painted = (page: Page) =>
  page.evaluate(async () => {
    await new Promise<void>((resolve) =>
      requestAnimationFrame(() => requestAnimationFrame(() => resolve())),
    );
    const ending = document
      .getAnimations()
      .filter(({ effect }) => effect?.getComputedTiming().endTime !== Number.POSITIVE_INFINITY);
    await Promise.allSettled(ending.map(({ finished }) => finished));
  });
