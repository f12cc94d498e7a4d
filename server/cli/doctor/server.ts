import { createServer } from "node:net";
import type { Config } from "../../config.ts";
import { readRunFile } from "../../main/data-directory.ts";
import { systemCode } from "../../main/startup-error.ts";
import type { Finding } from "./checks.ts";

const TIMEOUT_MS = 3_000;

interface Readiness {
  gateway?: unknown;
}

/** Whether a server runs on the data directory, and whether it is ready. */
export async function findServer({
  dataDir,
}: Config): Promise<{ isRunning: boolean; finding: Finding }> {
  const name = "server";
  const run = readRunFile(dataDir);
  if (!run) {
    return { isRunning: false, finding: { name, verdict: "ok", found: "not running" } };
  }
  const place = `${run.api_url}, pid ${run.pid}, version ${run.version}`;
  try {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const response = await fetch(`${run.api_url}/readyz`, { signal });
    const text = await response.text();
    if (response.ok) {
      return { isRunning: true, finding: { name, verdict: "ok", found: `ready at ${place}` } };
    }
    const { gateway } = JSON.parse(text) as Readiness;
    return {
      isRunning: true,
      finding: {
        name,
        verdict: "warn",
        found: `running at ${place}, but not ready`,
        advice: `gateway: ${JSON.stringify(gateway)}; the gateway's state stands in ${run.admin_url}`,
      },
    };
  } catch {
    return {
      isRunning: false,
      finding: {
        name,
        verdict: "warn",
        found: `run.json names ${place}, which does not answer`,
        advice: "it was killed; start it again with saas-litellm serve",
      },
    };
  }
}

/** Whether the ports can be had; only asked when no server of ours has them. */
export function checkPorts(config: Config): Promise<Finding[]> {
  const { host, port, adminHost, adminPort, litellmPort, litellmUrl } = config;
  return Promise.all([
    checkPort({ name: "port of the team API", host, port, flag: "--port" }),
    checkPort({
      name: "port of the admin UI",
      host: adminHost,
      port: adminPort,
      flag: "--admin-port",
    }),
    ...(litellmUrl === undefined
      ? [
          checkPort({
            name: "port of LiteLLM",
            host: "127.0.0.1",
            port: litellmPort,
            flag: "--litellm-port",
          }),
        ]
      : []),
  ]);
}

function checkPort(address: {
  name: string;
  host: string;
  port: number;
  flag: string;
}): Promise<Finding> {
  const { name, host, port, flag } = address;
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", (error) => {
      // LiteLLM takes another port by itself.
      const verdict = flag === "--litellm-port" ? "warn" : "fail";
      const found = `${host}:${port} cannot be listened on (${systemCode(error) ?? error.message})`;
      const advice = `stop what runs there, or choose another with ${flag}`;
      resolve({ name, verdict, found, advice });
    });
    probe.listen(port, host, () =>
      probe.close(() => resolve({ name, verdict: "ok", found: `${host}:${port} is free` })),
    );
  });
}
