import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Executable } from "../executable.ts";
import { type Admin, find, measureApi } from "./api.ts";
import type { Size } from "./fill-tenants.ts";
import { measureLighthouse } from "./lighthouse.ts";
import type { UiFigures } from "./report.ts";
import { measureChanges, measureFirstLoad, measureScreens, startChromium } from "./screens.ts";

/** How often each is measured. */
export interface Repetitions {
  requests: number;
  screens: number;
  changes: number;
  lighthouse: number;
}

/** Everything about the admin UI of a running server whose database is filled, as its owner sees it. */
export async function measureUi(
  server: Executable,
  of: { folder: string; size: Size; repetitions: Repetitions; step: (text: string) => void },
): Promise<Omit<UiFigures, "machine" | "date" | "size">> {
  const { repetitions, step } = of;
  step("counting rollups anew");
  const rollups = await countAnew(server);
  const admin = await signInAsOwner(server);
  const found = await find(admin, of.size);
  step("asking the API");
  const api = await measureApi(admin, found, repetitions.requests);
  const browser = await startChromium();
  try {
    step("opening screens");
    const screens = await measureScreens(browser, admin, found.jobId, repetitions.screens);
    const firstLoadBytes = await measureFirstLoad(browser, admin);
    step("changing routes");
    const changes = await measureChanges(browser, admin, repetitions.changes);
    await browser.close();
    step("Lighthouse");
    const folder = join(of.folder, "lighthouse");
    mkdirSync(folder);
    const lighthouse = await measureLighthouse(admin, {
      pages: { overview: "/", teams: "/teams", job: `/jobs/${found.jobId}` },
      runs: repetitions.lighthouse,
      folder,
    });
    return { api, rollups, screens, firstLoadBytes, changes, lighthouse };
  } finally {
    await browser.close();
  }
}

/** A day of a month ago: what the filler says of it has to be what the server itself counts. */
async function countAnew(server: Executable): Promise<{ spans: number; changed: number }> {
  const day = (daysAgo: number) =>
    new Date(Date.now() - daysAgo * 86_400_000).toISOString().slice(0, 10);
  return server.admin("POST", "/api/usage/rebuild", { from: day(31), to: day(30) });
}

async function signInAsOwner(server: Executable): Promise<Admin> {
  const { admin_url } = await server.run();
  const { url } = await server.command<{ url: string }>("admin setup-url");
  const response = await fetch(`${admin_url}/api/setup`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      setup_token: url.split("#token=")[1],
      email: "bench@example.com",
      name: "Bench",
      password: "correct horse battery staple",
    }),
  });
  if (!response.ok) throw new Error(`no owner: ${response.status} ${await response.text()}`);
  return { url: admin_url, cookie: response.headers.get("set-cookie")!.split(";")[0]! };
}
