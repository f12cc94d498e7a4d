import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { type Log, silentLog } from "../../server/kernel/log.ts";
import { PrepareFailure } from "../../server/litellm/program.ts";
import { noPrices } from "../../server/pricing/cost.ts";
import { Supervisor } from "../../server/litellm/supervisor.ts";

const dataDir = mkdtempSync(join(tmpdir(), "supervisor-"));
afterAll(() => rmSync(dataDir, { recursive: true, force: true }));

const problem = "LiteLLM needs Python 3.10 or newer, and none was found on the PATH.";

test("a program that cannot be made ready is told to the operator, and to teams only that it is down", async () => {
  const told: unknown[][] = [];
  let tell = () => {};
  const failed = new Promise<void>((resolve) => (tell = resolve));
  const log: Log = { ...silentLog, warn: (...line) => void told.push(line) };
  const supervisor = new Supervisor({
    source: { mode: "managed", prepare: () => Promise.reject(new PrepareFailure(problem)) },
    dataDir,
    assets: { read: () => Promise.resolve(Buffer.from("")), list: () => [] },
    self: [],
    environment: {},
    workers: 1,
    port: 0,
    log,
    onChange: () => {
      if (supervisor.status().state === "failed") tell();
    },
  });
  supervisor.start();
  await failed;

  expect(supervisor.status()).toMatchObject({ state: "failed", problem });
  // The whole line: an error's name beside it would say nothing.
  expect(told).toEqual([[problem]]);
  const call = { alias: "chat-fast", teamId: "t" };
  await expect(supervisor.acquire(call)).rejects.toMatchObject({
    code: "gateway_unavailable",
    message: "The gateway to the models is down and needs its operator.",
    retryAfterSeconds: 30,
  });
  await supervisor.stop(0);
  await expect(supervisor.acquire(call)).rejects.toMatchObject({
    message: "The gateway to the models is stopped.",
  });
});

test("a newer config with the same models starts nothing anew", () => {
  const supervisor = new Supervisor({
    source: { mode: "managed", prepare: () => Promise.reject(new PrepareFailure(problem)) },
    dataDir,
    assets: { read: () => Promise.resolve(Buffer.from("")), list: () => [] },
    self: [],
    environment: {},
    workers: 1,
    port: 0,
    log: silentLog,
    onChange: () => {},
  });
  const wanted = () => supervisor.status().wantedConfig;
  expect(supervisor.restart()).toBe(false);
  expect(supervisor.renderedConfig()).toBeUndefined();
  const models = (weight: number) => [
    {
      alias: "chat",
      targets: [
        {
          ...{ id: "a", model: "openai/x", apiKey: "k", apiBase: undefined, weight },
          ...{ order: 1, timeoutMs: 1_000, retries: 0, prices: { ...noPrices, input: 1n } },
        },
      ],
    },
  ];
  supervisor.apply({ version: 1, models: models(1) });
  supervisor.apply({ version: 2, models: models(1) });
  expect(wanted()).toBe(1);
  supervisor.apply({ version: 3, models: models(2) });
  expect(wanted()).toBe(3);
  supervisor.apply({ version: 2, models: models(1) });
  expect(wanted()).toBe(3);
  expect(supervisor.renderedConfig()).toContain("os.environ/SAAS_LITELLM_CREDENTIAL_0");
});
