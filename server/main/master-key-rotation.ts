import { and, asc, eq, getTableColumns, gt, is, isNotNull, ne, sql } from "drizzle-orm";
import { getTableConfig, type PgColumn, PgTable } from "drizzle-orm/pg-core";
import type { Database, Drizzle } from "../../db/client.ts";
import * as schema from "../../db/schema/index.ts";
import { seal, unseal, type MasterKey } from "../kernel/sealing.ts";
import { replaceCheckValue } from "./master-key-check.ts";
import { StartupError } from "./startup-error.ts";

/** Rows that are read at once. */
const BATCH = 200;

/** A column whose values are encrypted. */
export interface SealedColumn {
  table: PgTable;
  /** The table's single primary key. */
  key: PgColumn;
  column: PgColumn;
  /** The column's name in the schema. */
  property: string;
  /** What its values are authenticated as: `table.column`. */
  purpose: string;
}

/** Every encrypted column there is: by its name, so that none can be forgotten. */
export function sealedColumns(): SealedColumn[] {
  const tables = Object.values<unknown>(schema).filter((value) => is(value, PgTable));
  return tables.flatMap((table) => {
    const { name, columns } = getTableConfig(table);
    const key = columns.find((column) => column.primary);
    return Object.entries(getTableColumns(table)).flatMap(([property, column]) => {
      if (!column.name.startsWith("sealed_")) return [];
      if (!key) throw new Error(`${name} has sealed values and no single primary key`);
      return [{ table, key, column, property, purpose: `${name}.${column.name}` }];
    });
  });
}

/**
 * Encrypts every sealed value anew, in one transaction: all of it or nothing. No instance may run: one with the old key would
 * fail at values of the new and add values of the old. One that starts meanwhile waits at the check value and then refuses.
 * Returns how many values there were. Throws StartupError.
 */
export async function rotateMasterKey(
  database: Database,
  keys: { from: MasterKey; to: MasterKey },
  guard: { dataDirectoryId: string; leaseMs: number },
): Promise<number> {
  return database.drizzle.transaction(async (transaction) => {
    await replaceCheckValue(transaction, keys.to);
    await requireNoInstance(transaction, guard);
    let values = 0;
    for (const sealed of sealedColumns()) values += await resealColumn(transaction, sealed, keys);
    return values;
  });
}

/** Instances on our own data directory are dead: we hold its lock. */
async function requireNoInstance(
  transaction: Drizzle,
  { dataDirectoryId, leaseMs }: { dataDirectoryId: string; leaseMs: number },
): Promise<void> {
  const { instances } = schema;
  const alive = await transaction
    .select({ id: instances.id })
    .from(instances)
    .where(
      and(
        ne(instances.dataDirectoryId, dataDirectoryId),
        gt(instances.seenAt, sql`now() - ${leaseMs}::int * interval '1 millisecond'`),
      ),
    );
  if (alive.length === 0) return;
  const seconds = Math.ceil(leaseMs / 1_000);
  const are = alive.length === 1 ? "1 server runs" : `${alive.length} servers run`;
  throw new StartupError(
    `${are} on this database, or did until less than ${seconds} s ago: stop every server on it, and try again after ${seconds} s.`,
  );
}

async function resealColumn(
  transaction: Drizzle,
  sealed: SealedColumn,
  keys: { from: MasterKey; to: MasterKey },
): Promise<number> {
  const { table, key, column, property, purpose } = sealed;
  let values = 0;
  for (let last: unknown; ;) {
    const rows = await transaction
      .select({ key, value: column })
      .from(table)
      .where(and(isNotNull(column), last === undefined ? undefined : gt(key, last)))
      .orderBy(asc(key))
      .limit(BATCH);
    for (const row of rows) {
      const plain = open(row.value as Uint8Array, { purpose, key: row.key, from: keys.from });
      await transaction
        .update(table)
        .set({ [property]: seal(keys.to, purpose, plain) })
        .where(eq(key, row.key));
    }
    values += rows.length;
    last = rows.at(-1)?.key;
    if (rows.length < BATCH) return values;
  }
}

function open(
  value: Uint8Array,
  of: { purpose: string; key: unknown; from: MasterKey },
): Uint8Array {
  try {
    return unseal(of.from, of.purpose, value);
  } catch (error) {
    throw new StartupError(
      `A value of ${of.purpose} (row ${String(of.key)}) cannot be opened with the present master key, so nothing was changed: restore or delete that row.`,
      { cause: error },
    );
  }
}
