import { existsSync, readdirSync } from "node:fs";
import { environment, type Config } from "../../config.ts";
import { findPython } from "../../litellm/python.ts";
import { installerEnvironment } from "../../litellm/child-environment.ts";
import type { Runtime } from "../../runtime/runtime.ts";
import type { Finding } from "./checks.ts";

const TIMEOUT_MS = 3_000;

const isManaged = (config: Config) =>
  config.litellmUrl === undefined && config.litellmBin === undefined;

export async function checkPython(_runtime: Runtime, config: Config): Promise<Finding[]> {
  const name = "Python";
  if (!isManaged(config)) {
    return [{ name, verdict: "ok", found: "not needed: LiteLLM is given" }];
  }
  const python = await findPython(installerEnvironment(environment));
  if (python) return [{ name, verdict: "ok", found: `${python.version} (${python.command})` }];
  return [
    {
      name,
      verdict: "fail",
      found: "no Python from 3.10 on with the module venv is on the PATH",
      advice: "install it (Debian: apt-get install python3 python3-venv), or set LITELLM_URL",
    },
  ];
}

export async function checkLitellm(_runtime: Runtime, config: Config): Promise<Finding[]> {
  const name = "LiteLLM";
  if (config.litellmUrl !== undefined) return [await checkExternal(name, config.litellmUrl)];
  if (config.litellmBin !== undefined) {
    const isThere = existsSync(config.litellmBin);
    const found = `LITELLM_BIN is ${config.litellmBin}`;
    return isThere || !config.litellmBin.includes("/")
      ? [{ name, verdict: "ok", found }]
      : [{ name, verdict: "fail", found, advice: "there is no such file: correct the path" }];
  }
  const made = existsSync(config.environmentDir)
    ? readdirSync(config.environmentDir).filter((entry) => !/\.(partial|lock)$/.test(entry))
    : [];
  const found =
    made.length > 0
      ? `installed in ${config.environmentDir}`
      : `installed at the first start into ${config.environmentDir}`;
  return [{ name, verdict: "ok", found }];
}

async function checkExternal(name: string, url: string): Promise<Finding> {
  const found = `LITELLM_URL is ${new URL(url).origin}`;
  try {
    const response = await fetch(`${url.replace(/\/+$/, "")}/health/liveliness`, {
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    await response.arrayBuffer();
    if (response.ok) return { name, verdict: "ok", found };
    return {
      name,
      verdict: "fail",
      found: `${found}, which answers ${response.status}`,
      advice: "check that a LiteLLM proxy runs there",
    };
  } catch {
    return {
      name,
      verdict: "fail",
      found: `${found}, which does not answer`,
      advice: "start it, or correct the URL",
    };
  }
}
