import type { Runtime } from "../../server/runtime/runtime.ts";

/** The runtime that the tests run on. Imported when asked for, since each of them loads only where it belongs. */
export async function testRuntime(): Promise<Runtime> {
  if ("Bun" in globalThis) return (await import("../../server/runtime/bun.ts")).bunRuntime;
  return (await import("../../server/runtime/node.ts")).nodeRuntime;
}
