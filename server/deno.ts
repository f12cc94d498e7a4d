import process from "node:process";

// Starts the server from source: deno run -A --unstable-no-legacy-abort server/deno.ts serve
// Without that flag Deno also aborts the signal of a request that was answered in full.
const [command, ...rest] = process.argv.slice(2);
if (command === "__watchdog") {
  const { watch } = await import("./runtime/watchdog.ts");
  watch(rest);
} else {
  const { denoRuntime } = await import("./runtime/deno.ts");
  const { run } = await import("./cli.ts");
  const { endProcess } = await import("./runtime/end-process.ts");
  endProcess(await run(denoRuntime, process.argv.slice(2)));
}
