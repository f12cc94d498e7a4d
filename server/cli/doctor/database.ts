import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Config } from "../../config.ts";
import type { Runtime } from "../../runtime/runtime.ts";
import type { Finding } from "./checks.ts";
import { messageOf } from "../../kernel/errors.ts";

const TIMEOUT_MS = 5_000;
/** A machine's clock this far off confuses logs and people, though not us: our time is the database's. */
const CLOCK_TOLERANCE_MS = 1_000;

/** The operator's server is asked; the embedded one is only looked at, since it runs when we do. */
export async function checkDatabase(runtime: Runtime, config: Config): Promise<Finding[]> {
  if (config.databaseUrl !== undefined) return checkServer(runtime, config.databaseUrl);
  const name = "PostgreSQL";
  if (existsSync(join(config.dataDir, "postgres"))) {
    return [{ name, verdict: "ok", found: "embedded, unpacked in the data directory" }];
  }
  if (runtime.assets.list("postgres/").length > 0) {
    return [{ name, verdict: "ok", found: "embedded, unpacked at the first start" }];
  }
  const advice = "set DATABASE_URL to a PostgreSQL server";
  return [{ name, verdict: "fail", found: "this build carries none", advice }];
}

async function checkServer(runtime: Runtime, url: string): Promise<Finding[]> {
  const name = "PostgreSQL";
  const database = runtime.openDatabase({ url, connections: 1 });
  let late: ReturnType<typeof setTimeout> | undefined;
  const timeout = new Promise<never>((_resolve, reject) => {
    late = setTimeout(() => reject(new Error("no answer in time")), TIMEOUT_MS);
  });
  try {
    const started = Date.now();
    const [row] = await Promise.race([
      database.query<{ version: string; now_ms: string }>(
        "select current_setting('server_version') as version, (extract(epoch from clock_timestamp()) * 1000)::text as now_ms",
      ),
      timeout,
    ]);
    const offsetMs = Math.round(Number(row!.now_ms) - (started + Date.now()) / 2);
    return [
      { name, verdict: "ok", found: `${row!.version} at DATABASE_URL` },
      Math.abs(offsetMs) <= CLOCK_TOLERANCE_MS
        ? { name: "clock", verdict: "ok", found: `${offsetMs} ms from the database's` }
        : {
            name: "clock",
            verdict: "warn",
            found: `${offsetMs} ms from the database's`,
            advice: "synchronize both machines with NTP",
          },
    ];
  } catch (error) {
    const reason = messageOf(error);
    const found = `DATABASE_URL cannot be reached: ${reason}`;
    return [{ name, verdict: "fail", found, advice: "check the URL and that the server runs" }];
  } finally {
    clearTimeout(late);
    void database.close();
  }
}
