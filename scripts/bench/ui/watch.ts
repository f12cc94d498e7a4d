/* Functions that run inside the page: they are sent there as text, so each stands for itself. */

export interface Watched {
  /** What has to be there, as selectors: rows, a chart. */
  shows: readonly string[];
}

/**
 * Resolves with the milliseconds since the navigation began, once everything is painted: the heading, what the screen shows, and no
 * part that is still loading.
 */
export function painted({ shows }: Watched): Promise<number> {
  const isThere = () =>
    document.querySelector("main h1") !== null &&
    shows.every((selector) => document.querySelector(selector) !== null) &&
    document.querySelector("main .animate-pulse, main [aria-busy=true]") === null;
  return new Promise((resolve) => {
    const look = () => {
      if (!isThere()) {
        requestAnimationFrame(look);
        return;
      }
      // The frame that shows it is drawn after this callback; what is posted now runs after that.
      const after = new MessageChannel();
      after.port1.addEventListener("message", () => resolve(performance.now()), { once: true });
      after.port1.start();
      requestAnimationFrame(() => after.port2.postMessage(null));
    };
    look();
  });
}

/**
 * Clicks the link and resolves with the milliseconds until a page of that address has painted its heading; `dataMs` = in how much
 * of that time it waited for the API.
 */
export function changed(link: string): Promise<{ ms: number; dataMs: number }> {
  const anchor = document.querySelector<HTMLAnchorElement>(link);
  if (!anchor) throw new Error(`the page has no ${link}`);
  const { pathname } = new URL(anchor.href);
  const old = document.querySelector("main h1");
  const oldTitle = old?.textContent;
  performance.clearResourceTimings();
  const startedAt = performance.now();
  anchor.click();
  const isThere = () => {
    const heading = document.querySelector("main h1");
    const isNew = heading !== old || heading?.textContent !== oldTitle;
    return location.pathname === pathname && heading !== null && isNew;
  };
  const waited = (until: number) => {
    let [ms, end] = [0, startedAt];
    for (const entry of performance.getEntriesByType("resource") as PerformanceResourceTiming[]) {
      if (!entry.name.includes("/api/") || entry.responseEnd > until) continue;
      if (entry.responseEnd <= end) continue;
      ms += entry.responseEnd - Math.max(entry.startTime, end);
      end = entry.responseEnd;
    }
    return ms;
  };
  return new Promise((resolve) => {
    const look = () => {
      if (!isThere()) {
        requestAnimationFrame(look);
        return;
      }
      const after = new MessageChannel();
      const done = () => {
        const now = performance.now();
        resolve({ ms: now - startedAt, dataMs: waited(now) });
      };
      after.port1.addEventListener("message", done, { once: true });
      after.port1.start();
      requestAnimationFrame(() => after.port2.postMessage(null));
    };
    look();
  });
}
