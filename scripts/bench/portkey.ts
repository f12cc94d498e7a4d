import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { loopbackPort } from "../../server/litellm/loopback-port.ts";
import { directTarget, type Target } from "./targets.ts";

/** Its version; installed at need, because nothing but this bench wants it. */
const VERSION = "1.15.2";
const START_MS = 30_000;

/** Portkey's gateway as a peer: it relays, and keeps no ledger. */
export class Portkey {
  readonly #child: ChildProcess;
  readonly #url: string;

  private constructor(child: ChildProcess, url: string) {
    this.#child = child;
    this.#url = url;
  }

  /** Installs it under `cache` if it is not there, and starts it on a free port. */
  static async start(cache: string): Promise<Portkey> {
    const home = join(cache, `portkey-${VERSION}`);
    const program = join(home, "node_modules/@portkey-ai/gateway/build/start-server.js");
    if (!existsSync(program)) {
      const named = `@portkey-ai/gateway@${VERSION}`;
      execFileSync("npm", ["install", "--prefix", home, "--ignore-scripts", "--no-audit", named], {
        stdio: "ignore",
      });
    }
    const port = await loopbackPort(0);
    const child = spawn("node", [program, `--port=${port}`, "--headless"], { stdio: "ignore" });
    const url = `http://127.0.0.1:${port}`;
    for (const began = performance.now(); ; await Bun.sleep(100)) {
      const answer = await fetch(url).catch(() => undefined);
      if (answer?.ok) return new Portkey(child, url);
      if (performance.now() - began > START_MS) throw new Error("Portkey's gateway did not start");
    }
  }

  /** It before a provider. */
  target(name: string, providerUrl: string): Target {
    return directTarget(name, this.#url, "sk-bench", {
      "x-portkey-provider": "openai",
      "x-portkey-custom-host": `${providerUrl}/v1`,
    });
  }

  stop(): void {
    this.#child.kill("SIGKILL");
  }
}
