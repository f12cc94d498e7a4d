import { expect, test } from "vitest";
import { seedModel, seedTeam, testApp } from "../harness.ts";

const { handle, context, gateway, database } = await testApp();
const { key, teamId } = await seedTeam(context, { credits: 5 });
await seedModel(context, gateway.upstream, {
  alias: "chat-fast",
  model: "secret-provider-model",
});

/** Every answer of a whole job, headers and all. */
const answers: string[] = [];

async function ask(method: string, path: string, body?: unknown): Promise<Record<string, unknown>> {
  const response = await handle(
    new Request(`http://localhost${path}`, {
      method,
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    }),
  );
  const text = await response.text();
  answers.push(`${method} ${path} ${response.status}`, JSON.stringify([...response.headers]), text);
  return response.headers.get("content-type")?.includes("json")
    ? (JSON.parse(text) as Record<string, unknown>)
    : {};
}

test("no answer tells what a call costs, which model stands behind an alias, or LiteLLM", async () => {
  const messages = [{ role: "user", content: "hello" }];
  const job = await ask("POST", "/api/jobs/create", { job_type: "x" });
  const path = `/api/jobs/${String(job["job_id"])}`;
  await ask("POST", `${path}/llm-call`, { messages });
  await ask("POST", `${path}/llm-call-stream`, { messages });
  await ask("POST", "/api/jobs/create-and-call", { job_type: "x", messages });
  await ask("POST", "/v1/chat/completions", { messages, model: "chat-fast" });
  await ask("POST", "/v1/chat/completions", { messages, model: "another" });
  await ask("POST", `${path}/llm-call`, { messages, mock_response: "x" });
  await ask("PATCH", `${path}/metadata`, { a: 1 });
  await ask("POST", `${path}/complete`, { status: "completed" });
  await ask("POST", `${path}/llm-call`, { messages });
  for (const read of ["/api/jobs", path, `${path}/calls`, "/api/me", "/api/models", "/v1/models"]) {
    await ask("GET", read);
  }
  const team = `/api/teams/${teamId}`;
  for (const read of ["", "/usage?group_by=model", "/credits", "/credits/transactions"]) {
    await ask("GET", team + read);
  }
  for (const read of ["/healthz", "/readyz", "/health", "/openapi.json", "/docs", "/nowhere"]) {
    await ask("GET", read);
  }

  const [cost] = await database.query<{ nanos: string }>(
    "select sum(provider_cost_nanos)::text as nanos from jobs",
  );
  expect(Number(cost!.nanos)).toBeGreaterThan(0);
  expect(answers.filter((text) => text.endsWith(" 200")).length).toBeGreaterThan(15);
  const forbidden =
    /litellm|secret-provider-model|loopback-|provider_cost|"cost"|"price|_price"|price_|nanos|usd|llm_provider/i;
  expect(answers.filter((text) => forbidden.test(text))).toEqual([]);
});
