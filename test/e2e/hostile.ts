import { type Executable } from "./executable.ts";
import { sender } from "./tenant.ts";

/** A name that runs as markup, ends an attribute, and is a formula to a spreadsheet, unless what shows it takes it for text. */
export const hostile = (field: string) => `=1+1"'><img src=x onerror=hacked=1>${field}`;

/** Names of models have no spaces. */
export const hostileModel = "openai/<svg/onload=hacked=1>target";
/** Nor has an alias any sign that markup needs. */
const alias = "chat";

/** What the tests need to find again. */
export interface HostileTenant {
  jobId: string;
  callId: string;
  planId: string;
  batchId: string;
  /** Calls the model of the hostile name. */
  call(): Promise<void>;
}

/** A customer with all that belongs to one, in which every name, reason and piece of metadata is hostile. Made with an API token of such a name. */
export async function createHostileTenant(
  server: Executable,
  owner: Record<string, string>,
  api_base: string,
): Promise<HostileTenant> {
  const asOwner = requester(server.adminUrl, owner);
  const { token } = await asOwner<{ token: string }>("POST", "/api/tokens", {
    ...{ name: hostile("token"), role: "owner" },
  });
  const ask = requester(server.adminUrl, { authorization: `Bearer ${token}` });
  await asOwner("PATCH", "/api/account", { name: hostile("person") });
  const credential = { name: hostile("credential"), api_key: "sk-provider", api_base };
  const { credential_id } = await ask<{ credential_id: string }>(
    ...(["POST", "/api/credentials", credential] as const),
  );
  await ask("POST", "/api/groups", { name: hostile("group"), id: "large" });
  await ask("POST", "/api/models", {
    ...{ alias, model: hostileModel, credential_id, group: "large" },
    ...{ input_price: 1, output_price: 2 },
  });
  const metadata = { [hostile("key-of-metadata")]: hostile("metadata") };
  await ask("POST", "/api/organizations", { name: hostile("organization"), id: "acme", metadata });
  await ask("POST", "/api/credentials", {
    ...{ ...credential, name: hostile("credential-of-acme"), organization_id: "acme" },
  });
  const { key } = await ask<{ key: string }>("POST", "/api/teams", {
    ...{ name: hostile("team"), id: "routing", organization_id: "acme", metadata },
    ...{ groups: ["large"], credits: 100 },
  });
  const team = "/api/teams/routing";
  await ask("POST", `${team}/keys`, { name: hostile("virtual-key") });
  await ask("PUT", `${team}/access`, {
    ...{ groups: ["large"], job_type_aliases: { [hostile("preset")]: alias } },
  });
  for (const path of [`${team}/suspend`, "/api/organizations/acme/suspend"]) {
    await ask("POST", path, { reason: hostile("state-reason") });
    await ask("POST", path.replace("suspend", "resume"), {});
  }
  await ask("POST", `${team}/wallet/allocate`, {
    ...{ credits: 5, reason: hostile("ledger-reason"), reference: hostile("reference") },
  });
  const { plan_id } = await ask<{ plan_id: string }>("POST", "/api/plans", {
    ...{ name: hostile("plan"), kind: "flat" },
    rules: { price: 2, job_types: { [hostile("priced-type")]: 3 } },
  });
  await ask("PUT", `${team}/plan`, { plan_id, reason: hostile("plan-reason") });
  const { batch_id } = await ask<{ batch_id: string }>("POST", "/api/top-up-batches", {
    ...{ name: hostile("batch"), credits: 1, count: 1 },
  });
  await ask("POST", "/api/budgets", {
    ...{ scope: "alias", subject_id: alias, kind: "soft", period: "month" },
    limit_usd: 5,
  });
  await ask("PATCH", "/api/settings", { brand: hostile("brand"), store_bodies: "all" });
  await server.ready();

  const send = sender(server.apiUrl, key);
  const { body: job } = await send<{ job_id: string }>("POST", "/api/jobs/create", {
    ...{ job_type: hostile("job-type"), user_id: hostile("user"), metadata },
    external_task_id: hostile("external-task"),
  });
  const messages = [{ role: "user", content: hostile("message") }];
  const answer = await send("POST", `/api/jobs/${job.job_id}/llm-call`, {
    ...{ messages, purpose: hostile("purpose") },
    call_metadata: { [hostile("key-of-call")]: hostile("call-metadata") },
  });
  if (answer.status !== 200) throw new Error(`no call: ${JSON.stringify(answer.body)}`);
  await send("POST", `/api/jobs/${job.job_id}/complete`, {
    ...{ status: "failed", error_message: hostile("job-error") },
    result: { [hostile("key-of-result")]: hostile("result") },
  });
  await ask("POST", "/api/usage/rebuild", {});
  return {
    ...{ jobId: job.job_id, planId: plan_id, batchId: batch_id },
    callId: answer.headers.get("x-call-id")!,
    async call() {
      await send("POST", "/v1/chat/completions", { model: alias, messages });
    },
  };
}

/** Sends JSON to the admin API; anything but success is an error with its text. */
export function requester(adminUrl: string, headers: Record<string, string>) {
  return async <Answer = unknown>(method: string, path: string, body: object): Promise<Answer> => {
    const response = await fetch(adminUrl + path, {
      method,
      headers: { "content-type": "application/json", origin: adminUrl, ...headers },
      body: JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return (text === "" ? undefined : JSON.parse(text)) as Answer;
  };
}
