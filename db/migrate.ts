import type { Assets } from "../server/runtime/runtime.ts";
import type { Database } from "./client.ts";

/**
 * Applies the migrations that drizzle-kit generated. drizzle's own migrator reads a folder of the disk and takes no lock;
 * ours reads what is packed into the executable, and two instances that start at once take turns.
 */
export interface MigrationResult {
  /** Names applied by this run, in order. */
  applied: string[];
  /** The newest migration of the database. */
  newest: string;
}

/** The database was written by a newer release. */
export class SchemaIsNewer extends Error {
  constructor(databaseHas: string, weHave: string) {
    super(
      `The database is at migration ${databaseHas}, this executable knows no newer one than ${weHave}. ` +
        `Start the newer release that made it, or restore a backup from before.`,
    );
    this.name = "SchemaIsNewer";
  }
}

/** The database has another history than ours. */
export class SchemaIsForeign extends Error {
  constructor(position: number, databaseHas: string, weHave: string) {
    super(
      `The database's migration number ${position} is ${databaseHas}, this executable's is ${weHave}. ` +
        `This is the database of another program or build: use another one.`,
    );
    this.name = "SchemaIsForeign";
  }
}

const STATEMENT_BREAK = "--> statement-breakpoint";
/** Any number that no other program is likely to lock: "saas" in ASCII. */
const LOCK = 0x73616173;

/** Brings the schema up to date. Throws SchemaIsNewer, SchemaIsForeign, or what the database says of a failing statement; then nothing of that migration has happened. */
export async function migrate(database: Database, assets: Assets): Promise<MigrationResult> {
  const known = await migrationNames(assets);
  await database.script(`
    select pg_advisory_xact_lock(${LOCK});
    create table if not exists schema_migrations (
      position int primary key, name text not null unique, applied_at timestamptz not null default now())`);
  const applied: string[] = [];
  for (const [position, name] of known.entries()) {
    if (await applyNext(database, { position, name, sql: await migrationText(assets, name) }))
      applied.push(name);
  }
  await refuseNewer(database, known);
  return { applied, newest: known.at(-1)! };
}

/** Names of the packed migrations, oldest first. */
export async function migrationNames(assets: Assets): Promise<string[]> {
  const journal = JSON.parse(await read(assets, "migrations/meta/_journal.json")) as {
    entries: { tag: string }[];
  };
  return journal.entries.map((entry) => entry.tag);
}

/** One script is one transaction: lock, look whether it was applied meanwhile, apply, note. True when it was applied now. */
async function applyNext(
  database: Database,
  migration: { position: number; name: string; sql: string },
): Promise<boolean> {
  const { position, name, sql } = migration;
  const noted = await appliedAt(database, position);
  if (noted !== undefined) {
    if (noted !== name) throw new SchemaIsForeign(position, noted, name);
    return false;
  }
  const body = sql.split(STATEMENT_BREAK).join("\n");
  try {
    // The note comes first: a second instance waits at the lock, and then finds the position taken.
    await database.script(`
      select pg_advisory_xact_lock(${LOCK});
      insert into schema_migrations (position, name) values (${position}, '${name}');
      ${body}`);
    return true;
  } catch (error) {
    if ((await appliedAt(database, position)) === name) return false;
    throw error;
  }
}

async function appliedAt(database: Database, position: number): Promise<string | undefined> {
  const [row] = await database.query<{ name: string }>(
    "select name from schema_migrations where position = $1::int",
    [position],
  );
  return row?.name;
}

async function refuseNewer(database: Database, known: readonly string[]): Promise<void> {
  const [newer] = await database.query<{ name: string }>(
    "select name from schema_migrations where position >= $1::int order by position desc limit 1",
    [known.length],
  );
  if (newer) throw new SchemaIsNewer(newer.name, known.at(-1)!);
}

async function migrationText(assets: Assets, name: string): Promise<string> {
  return read(assets, `migrations/${name}.sql`);
}

async function read(assets: Assets, name: string): Promise<string> {
  const bytes = await assets.read(name);
  if (!bytes) throw new Error(`${name} is not packed into this build`);
  return new TextDecoder().decode(bytes);
}
