import { ChangeSignal } from "./change-signal.ts";

const INTERVAL_MS = 100;
const TIMEOUT_MS = 5_000;

/** Whether a LiteLLM answers at this URL. Never `/health`: that one calls every provider. */
export async function isAlive(baseUrl: string, signal: AbortSignal): Promise<boolean> {
  try {
    const response = await fetch(`${baseUrl}/health/liveliness`, {
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
    });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}

/**
 * Waits until LiteLLM answers, then returns the names of the models that it took from its config: it skips a deployment
 * that it cannot understand, and starts all the same. Rejects with the signal's reason, or when the answer is not one of ours.
 */
export async function servedModels(
  baseUrl: string,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  const nothing = new ChangeSignal();
  while (!(await isAlive(baseUrl, signal))) await nothing.next(INTERVAL_MS, signal);
  const response = await fetch(`${baseUrl}/v1/models`, { headers, signal });
  if (!response.ok) throw new Error(`another program answers at ${baseUrl}: ${response.status}`);
  const list = (await response.json()) as { data?: { id?: unknown }[] };
  return new Set((list.data ?? []).map((model) => String(model.id)));
}
