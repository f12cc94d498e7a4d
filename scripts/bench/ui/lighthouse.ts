import { execFile } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { median } from "../statistics.ts";
import type { Admin } from "./api.ts";
import { programs } from "./screens.ts";

/** Medians of some runs; scores out of 100. */
export interface LighthouseFigure {
  name: string;
  performance: number;
  accessibility: number;
  largestPaintMs: number;
  blockingMs: number;
  /** Cumulative layout shift. */
  shift: number;
}

interface Report {
  categories: Record<"performance" | "accessibility", { score: number | null }>;
  audits: Record<string, { numericValue?: number }>;
  runtimeError?: { message: string };
}

const program = join(import.meta.dirname, "../../../node_modules/lighthouse/cli/index.js");
const MOST_ATTEMPTS = 3;
const chromeFlags = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic"];

/** Lighthouse's desktop preset against pages of somebody signed in, `runs` times in turn; in `folder` it keeps its last reports. */
export async function measureLighthouse(
  admin: Admin,
  of: { pages: Readonly<Record<string, string>>; runs: number; folder: string },
): Promise<LighthouseFigure[]> {
  const headers = join(of.folder, "headers.json");
  writeFileSync(headers, JSON.stringify({ cookie: admin.cookie }));
  const reports = new Map(Object.keys(of.pages).map((name) => [name, [] as Report[]]));
  for (let run = 0; run < of.runs; run += 1) {
    for (const [name, path] of Object.entries(of.pages)) {
      const file = join(of.folder, `${name.replaceAll(" ", "-")}.json`);
      reports.get(name)!.push(await runLighthouse(admin.url + path, { headers, file }));
    }
  }
  return [...reports].map(([name, all]) => {
    const score = (category: "performance" | "accessibility") =>
      Math.round(median(all.map(({ categories }) => categories[category].score ?? 0)) * 100);
    const value = (audit: string) =>
      median(all.map(({ audits }) => audits[audit]?.numericValue ?? 0));
    return {
      name,
      performance: score("performance"),
      accessibility: score("accessibility"),
      largestPaintMs: value("largest-contentful-paint"),
      blockingMs: value("total-blocking-time"),
      shift: value("cumulative-layout-shift"),
    };
  });
}

/** Under Node, which it is made for. */
async function runLighthouse(url: string, files: { headers: string; file: string }) {
  const chrome = programs.find((path) => existsSync(path));
  const args = [
    ...[program, url, "--quiet", "--preset=desktop", "--output=json"],
    ...["--only-categories=performance,accessibility", `--output-path=${files.file}`],
    ...[`--chrome-flags=${chromeFlags.join(" ")}`, `--extra-headers=${files.headers}`],
  ];
  const options = { env: { ...process.env, CHROME_PATH: chrome, CI: "1" }, timeout: 120_000 };
  for (let attempt = 1; ; attempt += 1) {
    try {
      await promisify(execFile)("node", args, options);
      break;
    } catch (error) {
      // Chromium has given it no trace: it measured nothing, and asks to be run again.
      const noTrace = String((error as { stderr?: unknown }).stderr).includes("NO_NAVSTART");
      if (!noTrace || attempt === MOST_ATTEMPTS) throw error;
    }
  }
  const report = JSON.parse(readFileSync(files.file, "utf8")) as Report;
  if (report.runtimeError) throw new Error(`${url}: ${report.runtimeError.message}`);
  return report;
}
