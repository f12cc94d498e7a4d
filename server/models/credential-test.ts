import type { Context } from "../context.ts";
import { DomainError } from "../kernel/errors.ts";
import { isUuid } from "../kernel/ids.ts";
import { unseal } from "../kernel/sealing.ts";
import type { CredentialTestResult } from "./credential-schema.ts";
import { selectCredential, selectUses } from "./credential-store.ts";
import { CREDENTIAL_PURPOSE } from "./gateway-config.ts";
import { freeQuestion } from "./providers.ts";

const TIMEOUT_MS = 10_000;

/**
 * Asks the provider for something that costs nothing, its list of models, with the credential's key. Neither the key nor what
 * the provider says goes into the answer. Throws `not_found`.
 */
export async function testCredential(
  context: Context,
  of: { credentialId: string; provider?: string | undefined },
  timeoutMs = TIMEOUT_MS,
): Promise<CredentialTestResult> {
  const { credentialId: id } = of;
  const { drizzle } = context.database;
  const row = isUuid(id) ? await selectCredential(drizzle, id) : undefined;
  if (!row) throw new DomainError("not_found", `There is no credential ${JSON.stringify(id)}.`);
  const [use] = await selectUses(drizzle, [id]);
  const provider = of.provider ?? providerOf(use?.model) ?? "openai";
  const key =
    row.sealedKey && unseal(context.masterKey, CREDENTIAL_PURPOSE, row.sealedKey).toString("utf8");
  const question = freeQuestion(provider, { apiBase: row.apiBase, key });
  if (!question) {
    return {
      result: "unsupported",
      provider,
      http_status: null,
      detail: `It is not known what to ask ${provider} that costs nothing; a call through a model tells.`,
    };
  }
  const status = await statusOf(question, timeoutMs);
  return { provider, http_status: status ?? null, ...judged(status, timeoutMs) };
}

/** The provider that a model string names: `anthropic/claude-x` → `anthropic`. */
const providerOf = (model: string | undefined) => /^([a-z0-9_]+)\//.exec(model ?? "")?.[1];

/** The answer's status; undefined when none came. A redirect is not followed: the key would go along. */
async function statusOf(
  question: { url: string; headers: Record<string, string> },
  timeoutMs: number,
): Promise<number | undefined> {
  try {
    const response = await fetch(question.url, {
      headers: question.headers,
      redirect: "manual",
      signal: AbortSignal.timeout(timeoutMs),
    });
    await response.body?.cancel();
    return response.status;
  } catch {
    // Refused, no such host, a broken certificate or too slow: which of them would name the provider's address.
    return undefined;
  }
}

function judged(
  status: number | undefined,
  timeoutMs: number,
): Pick<CredentialTestResult, "result" | "detail"> {
  if (status === undefined) {
    return {
      result: "unreachable",
      detail: `The provider did not answer within ${timeoutMs / 1_000} s or cannot be reached: check the base URL and the network.`,
    };
  }
  if (status < 300) return { result: "ok", detail: "The provider took the key." };
  // Google answers 400 to a key that is none.
  if (status === 400 || status === 401 || status === 403) {
    return { result: "refused", detail: `The provider refused the key (${status}).` };
  }
  if (status < 500 && status !== 408 && status !== 429) {
    return {
      result: "unsupported",
      detail: `The provider answers, but has no list of models there (${status}); a call through a model tells.`,
    };
  }
  return { result: "unreachable", detail: `The provider is not able to answer (${status}).` };
}
