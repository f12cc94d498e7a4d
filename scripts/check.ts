/** `npm run check`: types, lint, format and unused code. Prints what each says against the source; exit code 1 if any does. */
import { checks } from "./test/checks.ts";
import { run } from "./test/command.ts";

let failed = 0;
for (const { name, command } of checks) {
  const ended = await run(command);
  console.log(`${ended.code === 0 ? "ok  " : "FAIL"} ${name} ${ended.seconds.toFixed(1)} s`);
  if (ended.code === 0) continue;
  failed += 1;
  console.log(ended.output);
}
process.exitCode = failed > 0 ? 1 : 0;
