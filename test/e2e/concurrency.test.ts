import { afterAll, beforeAll, expect, test } from "vitest";
import {
  startLoopbackProvider,
  type RunningLoopbackProvider,
} from "../../server/loopback/start.ts";
import { testRuntime } from "../harness.ts";
import { type Executable, startExecutable } from "./executable.ts";
import { addModel, createTenant, eventsOf, piecesOf, scripted, type Tenant } from "./tenant.ts";

/** Bun's fetch alone runs 256 requests at once and queues the rest: slow models would make everybody wait. */

const openAtOnce = 600;
const streams = 100;

let gateway: RunningLoopbackProvider;
let server: Executable;
let team: Tenant;

beforeAll(async () => {
  gateway = await startLoopbackProvider(await testRuntime(), { gateway: true, keptRequests: 0 });
  server = await startExecutable({ env: { LITELLM_URL: gateway.url } });
  await addModel(server, "chat-fast");
  team = await createTenant(server);
  await server.ready(30_000);
});

afterAll(async () => {
  await server?.stop();
  await gateway?.stop();
});

test(`${openAtOnce} slow calls open at once all reach the gateway, and all are answered`, async () => {
  const { counters } = gateway.provider;
  const calls = Array.from({ length: openAtOnce }, () =>
    team.send("POST", "/v1/chat/completions", scripted({ hold: "all" })),
  );
  await gateway.provider.until(() => counters.held === openAtOnce);
  expect(counters.peakInFlight).toBeGreaterThanOrEqual(openAtOnce);
  gateway.provider.release("all");
  const statuses = (await Promise.all(calls)).map((answer) => answer.status);
  expect(statuses.filter((status) => status === 200)).toHaveLength(openAtOnce);
  expect(counters.inFlight).toBe(0);
});

test(`${streams} streams at once lose no frame`, async () => {
  const { counters } = gateway.provider;
  const words = Array.from({ length: 50 }, (_, index) => `word${index} `);
  const script = (index: number) => ({
    text: `${index}: ${words.join("")}`,
    chunks: 50,
    hold: "streams",
    hold_after_chunks: 10,
  });
  const answers = Array.from({ length: streams }, (_, index) =>
    team.send("POST", "/v1/chat/completions", { ...scripted(script(index)), stream: true }),
  );
  await gateway.provider.until(() => counters.held === streams);
  gateway.provider.release("streams");
  for (const [index, { status, text }] of (await Promise.all(answers)).entries()) {
    expect(status).toBe(200);
    expect(eventsOf(text).at(-1)).toBe("[DONE]");
    expect(piecesOf(text)).toEqual(piecesOf(await direct(script(index))));
    expect(piecesOf(text).join("")).toBe(script(index).text);
  }
});

/** The same stream without us between. */
async function direct(script: object): Promise<string> {
  const response = await fetch(`${gateway.url}/v1/chat/completions`, {
    method: "POST",
    body: JSON.stringify({ ...scripted(script), model: "chat-fast", stream: true }),
  });
  return response.text();
}
