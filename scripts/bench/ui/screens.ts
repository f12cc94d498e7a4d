import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { existsSync } from "node:fs";
import { median } from "../statistics.ts";
import type { Admin } from "./api.ts";
import { largeTeam, organization } from "./requests.ts";
import { changed, painted } from "./watch.ts";

/** What the browser measured of a screen. */
export interface ScreenFigure {
  name: string;
  /** From the start of the navigation until rows and charts are painted, nothing cached. */
  medianMs: number;
  slowestMs: number;
}

export interface ChangeFigure {
  name: string;
  /** From the click until the new heading is painted, apart from the API: of a page not opened before, and of one that was. */
  firstMs: number;
  laterMs: number;
}

interface Screen {
  name: string;
  path: string;
  shows: readonly string[];
}

const rows = "main tbody tr td";
const chart = "main section svg[role=img]";
export const programs = ["/usr/bin/chromium", "/usr/bin/chromium-browser"];

const screensOf = (jobId: string): Screen[] => [
  { name: "overview", path: "/", shows: [chart, rows] },
  { name: "overview, 90 days", path: "/?period=90d", shows: [chart, rows] },
  { name: "live calls", path: "/live", shows: [] },
  { name: "organizations", path: "/organizations", shows: [rows] },
  { name: "an organization", path: `/organizations/${organization}`, shows: [chart] },
  { name: "teams", path: "/teams", shows: [rows] },
  { name: "teams by balance", path: "/teams?sort=-balance", shows: [rows] },
  { name: "a team", path: `/teams/${largeTeam}`, shows: [chart] },
  { name: "its usage", path: `/teams/${largeTeam}?tab=usage`, shows: [chart, rows] },
  { name: "its wallet", path: `/teams/${largeTeam}?tab=wallet`, shows: [rows] },
  { name: "jobs", path: "/jobs", shows: [chart, rows] },
  { name: "failed jobs", path: "/jobs?status=failed", shows: [chart, rows] },
  { name: "a job", path: `/jobs/${jobId}`, shows: [rows] },
  { name: "analytics by team", path: "/analytics", shows: [chart, rows] },
  {
    name: "analytics by model, 90 days",
    path: "/analytics?group=alias&period=90d",
    shows: [chart],
  },
  { name: "plans", path: "/plans", shows: [rows] },
  { name: "budgets", path: "/budgets", shows: [rows] },
  { name: "top-up codes", path: "/top-ups", shows: [rows] },
  { name: "notices", path: "/notices", shows: [rows] },
  { name: "models", path: "/models", shows: [rows] },
  { name: "access groups", path: "/groups", shows: [] },
  { name: "gateway", path: "/gateway", shows: [] },
  { name: "settings", path: "/settings", shows: [] },
  { name: "people", path: "/people", shows: [] },
  { name: "audit", path: "/audit", shows: [rows] },
];

/** Links of the navigation, and the first row of the lists behind them. `data`: its heading comes with the answer. */
const links = [
  ...["/organizations", "/teams", "/jobs", "/analytics", "/plans", "/what-if", "/budgets"],
  ...["/top-ups", "/notices", "/models", "/credentials", "/groups", "/gateway", "/playground"],
  ...["/live", "/settings", "/people", "/tokens", "/audit", "/account"],
].map((path) => ({ name: path, from: "/", link: `aside a[href="${path}"]`, data: false }));
const rowLinks = [
  { name: "/jobs/…", from: "/jobs", link: 'main tbody a[href^="/jobs/"]', data: false },
  { name: "/teams/…", from: "/teams", link: 'main tbody a[href^="/teams/"]', data: true },
  {
    name: "/organizations/…",
    from: "/organizations",
    link: 'main tbody a[href^="/organizations/"]',
    data: true,
  },
];

export function startChromium(): Promise<Browser> {
  const executablePath = programs.find((path) => existsSync(path));
  if (!executablePath) throw new Error("Chromium is not installed: apt-get install chromium");
  return chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });
}

/** Each screen opened anew `times` times, in turn. */
export async function measureScreens(
  browser: Browser,
  admin: Admin,
  jobId: string,
  times: number,
): Promise<ScreenFigure[]> {
  const screens = screensOf(jobId);
  const found = new Map(screens.map(({ name }) => [name, [] as number[]]));
  for (let round = 0; round < times; round += 1) {
    for (const { name, path, shows } of screens) {
      found.get(name)!.push(
        await withPage(browser, admin, async (page) => {
          await page.goto(admin.url + path, { waitUntil: "commit" });
          return inTime(page, name, page.evaluate(painted, { shows }));
        }),
      );
    }
  }
  return screens.map(({ name }) => ({
    name,
    medianMs: median(found.get(name)!),
    slowestMs: Math.max(...found.get(name)!),
  }));
}

/** Each way from one screen to another, `times` times with a new page, and each time once more on the same. */
export async function measureChanges(
  browser: Browser,
  admin: Admin,
  times: number,
): Promise<ChangeFigure[]> {
  const ways = [...links, ...rowLinks];
  const taken = new Map<string, Taken>(ways.map(({ name }) => [name, { first: [], later: [] }]));
  for (let round = 0; round < times; round += 1) {
    for (const from of new Set(ways.map((way) => way.from))) {
      await withPage(browser, admin, async (page) => {
        await page.goto(admin.url + from);
        for (const way of ways.filter((one) => one.from === from)) {
          taken.get(way.name)!.first.push(await change(page, way));
          taken.get(way.name)!.later.push(await change(page, way));
        }
      });
    }
  }
  return [...taken].map(([name, { first, later }]) => ({
    name,
    firstMs: median(first),
    laterMs: median(later),
  }));
}

interface Taken {
  first: number[];
  later: number[];
}

/** There and back again; the milliseconds of the way there. */
async function change(page: Page, { name, from, link, data }: (typeof rowLinks)[number]) {
  await inTime(page, from, page.evaluate(painted, { shows: from === "/" ? [] : [rows] }));
  // As a pointer comes: over the link first, which has its page's code fetched.
  await page.hover(link);
  const { ms, dataMs } = await inTime(page, name, page.evaluate(changed, link));
  await page.goBack();
  return ms - (data ? dataMs : 0);
}

/** Bytes of JavaScript and CSS, as they were sent, that the first screen needs. */
export function measureFirstLoad(browser: Browser, admin: Admin): Promise<number> {
  return withPage(browser, admin, async (page) => {
    await page.goto(admin.url, { waitUntil: "commit" });
    await inTime(page, "overview", page.evaluate(painted, { shows: [chart] }));
    return page.evaluate(() =>
      (performance.getEntriesByType("resource") as PerformanceResourceTiming[])
        .filter(({ name }) => /\.(js|css)$/.test(name))
        .reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0),
    );
  });
}

async function withPage<Answer>(
  browser: Browser,
  admin: Admin,
  use: (page: Page) => Promise<Answer>,
): Promise<Answer> {
  const context: BrowserContext = await browser.newContext({
    viewport: { width: 1440, height: 900 },
    reducedMotion: "reduce",
  });
  try {
    const [name = "", value = ""] = admin.cookie.split("=");
    await context.addCookies([{ name, value, url: admin.url }]);
    return await use(await context.newPage());
  } finally {
    await context.close();
  }
}

/** Says what was waited for, and what stood there instead. */
async function inTime<Answer>(page: Page, name: string, answer: Promise<Answer>): Promise<Answer> {
  const limit = AbortSignal.timeout(30_000);
  const late = new Promise<never>((_, reject) =>
    limit.addEventListener("abort", () => reject(new Error(`${name} was not painted in 30 s`))),
  );
  try {
    return await Promise.race([answer, late]);
  } catch (error) {
    const text = await page
      .locator("main")
      .innerText()
      .catch(() => "nothing");
    throw new Error(`${name}:\n${text}`, { cause: error });
  }
}
