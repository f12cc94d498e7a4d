import type { Context } from "../context.ts";
import type { CallRequest } from "../gateway/call.ts";
import { counted } from "../kernel/counted.ts";
import { DomainError } from "../kernel/errors.ts";
import { countCall } from "./store.ts";

/**
 * Holds a call with a browser token to what the token allows, and counts it. Throws `browser_token_refused` for another job or
 * model, and when all its calls are made.
 */
export async function requireGranted(context: Context, request: CallRequest): Promise<void> {
  const { browser } = request.principal;
  if (browser === undefined) return;
  if (!("id" in request.job) || request.job.id !== browser.jobId) {
    throw refused(`This token is for calls in the job ${browser.jobId}.`);
  }
  if (request.alias.name !== browser.model) {
    throw refused(`This token is for the model ${JSON.stringify(browser.model)}.`);
  }
  const isLeft = await countCall(context.database, {
    grantId: browser.id,
    calls: browser.calls,
    expiresAt: new Date(browser.expiresAt),
    at: new Date(context.clock.now()),
  });
  if (!isLeft) {
    throw refused(`This token is good for ${counted(browser.calls, "call")}, no more.`);
  }
}

const refused = (detail: string) => new DomainError("browser_token_refused", detail);
