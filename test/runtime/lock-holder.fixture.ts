import { spawn } from "node:child_process";
import { lockDataDirectory } from "../../server/runtime/lock.ts";

/** A program to be killed: holds a data directory, starts a child that outlives it, and prints the child's pid. */
await lockDataDirectory(process.argv[2] ?? "");
const child = spawn("sleep", ["600"], { stdio: "ignore", detached: true });
process.stdout.write(`${child.pid}\n`);
setInterval(() => {}, 60_000);
