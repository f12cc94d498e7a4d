/**
 * `npm run dev`: the server from source, started anew when one of its files changes, beside Vite, which serves the UI with hot
 * reload and passes `/api` on to the admin listener's default port. Arguments go to `serve`.
 */
import { spawn } from "node:child_process";

const server = start(process.execPath, [
  "--watch",
  "server/bun.ts",
  "serve",
  ...process.argv.slice(2),
]);
const vite = start("node", ["node_modules/vite/bin/vite.js", "--config", "ui/vite.config.ts"]);

function start(program: string, args: readonly string[]) {
  return spawn(program, args, { stdio: "inherit" });
}

/** The two live and end together. */
for (const [child, other] of [
  [server, vite],
  [vite, server],
] as const) {
  child.once("exit", (code) => {
    process.exitCode ??= code ?? 1;
    other.kill("SIGTERM");
  });
}
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => {
    server.kill("SIGTERM");
    vite.kill("SIGTERM");
  });
}
