import { silentLog } from "../../server/kernel/log.ts";
import { startEmbeddedPostgres } from "../../server/postgres/embedded.ts";
import { testRuntime } from "../harness/runtime.ts";

/** A program to be killed: runs a server on the given data directory and prints the server's pid. */
const runtime = await testRuntime();
const dataDir = process.argv[2] ?? "";
const server = await startEmbeddedPostgres({ runtime, dataDir, log: silentLog, durable: false });
process.stdout.write(`${server.pid}\n`);
setInterval(() => {}, 60_000);
