import { expect, test } from "vitest";
import { seedModel, seedTeam, standInGateway, testContext, testDatabase } from "../harness.ts";

const { database } = await testDatabase();
const gateway = await standInGateway();

test("a seeded team and model are real, and the stand-in serves the model", async () => {
  const context = await testContext(database);
  const team = await seedTeam(context, { credits: 12.5 });
  const model = await seedModel(context, gateway.upstream, { alias: "chat" });
  expect(team.key).toMatch(/^sk-/);
  expect(model).toMatchObject({ group: "default", inputNanosPerMillion: 1_000_000_000n });

  const lease = await gateway.upstream.acquire({ alias: "chat", teamId: team.teamId });
  const response = await fetch(`${lease.baseUrl}/v1/chat/completions`, {
    method: "POST",
    headers: { ...lease.headers, "content-type": "application/json" },
    body: JSON.stringify({ model: lease.model, messages: [{ role: "user", content: "hello" }] }),
  });
  lease.release();
  expect(response.status).toBe(200);
  expect(response.headers.get("x-litellm-response-cost")).not.toBe(null);
  expect(await response.json()).toMatchObject({ object: "chat.completion" });
});
