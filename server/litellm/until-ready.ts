import type { ChangeSignal } from "./change-signal.ts";
import type { GatewayStatus } from "./upstream.ts";

/** Resolves when the status is ready; rejects when it is failed or stopped, or after the timeout. */
export async function untilReady(
  status: () => GatewayStatus,
  changes: ChangeSignal,
  timeoutMs: number,
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const { state, problem } = status();
    if (state === "ready") return;
    const left = deadline - performance.now();
    if (state === "failed" || state === "stopped" || left <= 0) {
      throw new Error(`the gateway is ${state}: ${problem ?? "no problem is known"}`);
    }
    await changes.next(left);
  }
}
