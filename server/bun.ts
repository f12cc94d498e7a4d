// The entry of the executable. The watchdog is dispatched before anything else is loaded: one runs beside each child.
const [command, ...rest] = process.argv.slice(2);
if (command === "__watchdog") {
  const { watch } = await import("./runtime/watchdog.ts");
  watch(rest);
} else {
  const { bunRuntime } = await import("./runtime/bun.ts");
  const { run } = await import("./cli.ts");
  const { endProcess } = await import("./runtime/end-process.ts");
  endProcess(await run(bunRuntime, process.argv.slice(2)));
}
