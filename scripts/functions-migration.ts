import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * Makes the next migration out of those `db/functions/*.sql` whose text stands in no migration yet:
 * `bun scripts/functions-migration.ts NAME`. A change that alters a function's meaning raises the version in its name, so
 * that the release before goes on calling the old one.
 */
const name = process.argv[2] ?? "functions";
const migrations = "db/migrations";

const earlier = readdirSync(migrations)
  .filter((file) => file.endsWith(".sql"))
  .map((file) => readFileSync(join(migrations, file), "utf8"))
  .join("\n");
const changed = readdirSync("db/functions")
  .sort()
  .map((file) => readFileSync(join("db/functions", file), "utf8").trim())
  .filter((text) => !earlier.includes(text));
if (changed.length === 0) {
  console.log("Every function stands in a migration already.");
} else {
  execFileSync("npx", [
    "drizzle-kit",
    "generate",
    "--config",
    "db/drizzle.config.ts",
    "--custom",
    "--name",
    name,
  ]);
  const newest = readdirSync(migrations)
    .filter((file) => file.endsWith(".sql"))
    .sort()
    .at(-1)!;
  writeFileSync(join(migrations, newest), `${changed.join("\n--> statement-breakpoint\n")}\n`);
  console.log(`${newest}: ${changed.length} functions`);
}
