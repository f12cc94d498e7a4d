import { readdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { type Log, silentLog } from "../../server/kernel/log.ts";
import { startLoopbackProvider } from "../../server/loopback/start.ts";
import { sharedEnvironmentDir, testGateway } from "../harness/litellm.ts";
import { until } from "../harness/process.ts";
import { testRuntime } from "../harness/runtime.ts";
import { gatewayTarget, sendScripted } from "./litellm-calls.ts";
import { processesOf } from "./processes.ts";

const START_MS = 300_000;
const provider = await startLoopbackProvider(await testRuntime());
afterAll(() => provider.stop());
const target = () => gatewayTarget(provider.url);

describe("a gateway of its own", () => {
  it(
    "is ready without models and without a process, and takes another port when the wished one is taken",
    async () => {
      const holder = createServer().listen(0, "127.0.0.1");
      await new Promise((resolve) => holder.once("listening", resolve));
      const address = holder.address();
      const port = typeof address === "object" && address ? address.port : 0;
      const warnings: string[] = [];
      const log: Log = { ...silentLog, warn: (message) => void warnings.push(message) };
      await using other = await testGateway({ port, log });
      other.upstream.apply({ version: 1, models: [] });
      await other.upstream.whenReady(START_MS);
      expect(other.upstream.status().children).toEqual([]);

      other.upstream.apply({ version: 2, models: [{ alias: "one", targets: [target()] }] });
      await other.upstream.whenReady(START_MS);
      const [child] = other.upstream.status().children;
      expect(child?.port).not.toBe(port);
      expect(warnings.filter((warning) => warning.includes(String(port)))).toHaveLength(1);

      expect(processesOf(other.dataDir)).not.toEqual([]);
      await other.upstream.stop(5_000);
      expect(processesOf(other.dataDir)).toEqual([]);
      expect(other.upstream.status().state).toBe("stopped");
      await other.upstream.stop(5_000);
      holder.close();
    },
    START_MS,
  );

  it(
    "is started from a Python or a console script that the operator names",
    async () => {
      await using probe = await testGateway();
      await until("the program is known", () => probe.upstream.status().version !== undefined, {
        timeoutMs: 30_000,
      });
      const [environment = ""] = readdirSync(sharedEnvironmentDir).filter((name) =>
        /python[\d.]+$/.test(name),
      );
      const python = join(sharedEnvironmentDir, environment, "bin", "python");
      const script = join(probe.dataDir, "litellm-of-mine");
      const code = "import sys\nfrom litellm import run_server\nsys.exit(run_server())\n";
      writeFileSync(script, `#!${python}\n${code}`, { mode: 0o755 });
      for (const path of [python, script]) {
        await using other = await testGateway({ mode: { kind: "binary", path } });
        other.upstream.apply({ version: 1, models: [{ alias: "one", targets: [target()] }] });
        await other.upstream.whenReady(START_MS);
        expect(other.upstream.status().version).toBe(probe.upstream.status().version);
        expect((await other.upstream.priceBook())?.size).toBeGreaterThan(1_000);
        const lease = await other.upstream.acquire({ alias: "one", teamId: "team-a" });
        expect((await sendScripted(lease, {})).status).toBe(200);
      }
    },
    START_MS,
  );

  it("stops in the middle of its start, and when it was never started", async () => {
    const early = await testGateway();
    early.upstream.apply({ version: 1, models: [{ alias: "one", targets: [target()] }] });
    await until("a child is starting", () => early.upstream.status().children.length === 1, {
      timeoutMs: 30_000,
    });
    await early[Symbol.asyncDispose]();
    expect(processesOf(early.dataDir)).toEqual([]);
  });
});
