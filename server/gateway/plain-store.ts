import type { Database } from "../../db/client.ts";
import type { OpenItem, OpenOutcome, SettleItem, SettleOutcome } from "./store.ts";

/** What became of plain calls; undefined = they are not as plain as that, and nothing was done about them. */
export interface PlainOutcomes {
  settled: SettleOutcome[] | undefined;
  opened: OpenOutcome[] | undefined;
}

/** A column of items: its type, and what an item has there; undefined = null. */
type Column<Item> = readonly [
  type: "uuid" | "text" | "bigint" | "int" | "boolean",
  of: (item: Item) => string | number | bigint | boolean | object | undefined,
];

/** In the order of the function's parameters; those that are optional are given where an item has a value. */
interface Columns<Item> {
  always: readonly Column<Item>[];
  optional: readonly Column<Item>[];
}

const settleColumns: Columns<SettleItem> = {
  always: [
    ["uuid", ({ callId }) => callId],
    ["uuid", ({ jobId }) => jobId],
    ["uuid", ({ walletId }) => walletId],
    ["text", ({ status }) => status],
    ["bigint", ({ charge }) => charge],
    ["bigint", ({ usage }) => usage?.inputTokens],
    ["bigint", ({ usage }) => usage?.outputTokens],
    ["bigint", ({ latencyMs }) => latencyMs],
    ["bigint", ({ providerCostNanos }) => providerCostNanos],
  ],
  optional: [
    ["text", ({ target }) => target],
    ["text", ({ attempts }) => attempts],
    ["int", ({ usage }) => usage?.cachedInputTokens || undefined],
    ["int", ({ usage }) => usage?.cacheWriteTokens || undefined],
    ["int", ({ usage }) => usage?.reasoningTokens || undefined],
    ["bigint", ({ litellmCostNanos }) => litellmCostNanos],
    ["text", ({ costFlags }) => (costFlags.length > 0 ? `{${costFlags.join(",")}}` : undefined)],
    ["boolean", ({ cacheHit }) => cacheHit || undefined],
    ["int", ({ firstTokenMs }) => firstTokenMs],
    ["text", ({ finishReason }) => finishReason],
    ["text", ({ errorCode }) => errorCode],
    ["text", ({ errorMessage }) => errorMessage],
  ],
};

const openColumns: Columns<OpenItem> = {
  always: [
    ["uuid", ({ callId }) => callId],
    ["uuid", ({ jobId }) => jobId],
    ["text", ({ teamId }) => teamId],
    ["uuid", ({ keyId }) => keyId],
    ["uuid", ({ walletId }) => walletId],
    ["text", ({ alias }) => alias],
    ["text", ({ endpoint }) => endpoint],
    ["uuid", ({ planVersionId }) => planVersionId],
    ["bigint", ({ hold }) => hold ?? 0n],
  ],
  optional: [
    ["boolean", ({ stream }) => stream || undefined],
    ["text", ({ purpose }) => purpose],
    ["text", ({ metadata }) => metadata],
    ["text", ({ priceSnapshot }) => priceSnapshot],
    ["bigint", ({ worstCostNanos }) => worstCostNanos],
  ],
};

const types = [settleColumns, openColumns].flatMap(({ always, optional }) =>
  [...always, ...optional].map(([type]) => type),
);
const statement = `select settled, opened, held, charged, wallets, balances, plan_versions
  from plain_calls_v2($1::timestamptz, $2::uuid, $3::uuid, $4::uuid, ${types
    .map((type, index) => `$${index + 5}::text::${type}[]`)
    .join(", ")})`;

/**
 * Settles calls and opens others in one statement: those without keys to claim, jobs to make or to end, and budgets to hold.
 * Throws SL001, having done nothing, when credits were spent meanwhile; see db/functions/plain_calls.sql.
 */
export async function plainCalls(
  database: Database,
  at: Date,
  instanceId: string,
  { settles, opens }: { settles: readonly SettleItem[]; opens: readonly OpenItem[] },
): Promise<PlainOutcomes> {
  const ids = settles.map(({ callId }) => callId).toSorted();
  const [row] = await database.query<{
    settled: number;
    opened: number;
    held: string | null;
    charged: string | null;
    wallets: string | null;
    balances: string | null;
    plan_versions: string | null;
  }>(statement, [
    at,
    instanceId,
    ids[0] ?? null,
    ids.at(-1) ?? null,
    ...arraysOf(settles, settleColumns),
    ...arraysOf(opens, openColumns),
  ]);
  const { settled, opened } = row!;
  const [held, charged, wallets, balances, versions] = [
    row!.held,
    row!.charged,
    row!.wallets,
    row!.balances,
    row!.plan_versions,
  ].map((list) => list?.split(",") ?? []) as [string[], string[], string[], string[], string[]];
  const balanceOf = (item: number) => {
    const balance = balances[Number(wallets[item] || 0) - 1];
    return balance ? BigInt(balance) : undefined;
  };
  return {
    settled:
      settled === settles.length
        ? settles.map((_, index) => ({
            outcome: "settled",
            charged: BigInt(charged[index]!),
            balance: balanceOf(index),
          }))
        : undefined,
    opened:
      opened === opens.length
        ? opens.map(({ jobId }, index) => ({
            outcome: "opened",
            jobId,
            jobStatus: "in_progress",
            sealedResponse: null,
            held: BigInt(held[settled + index]!),
            costHeld: undefined,
            balance: balanceOf(settled + index),
            planVersionId: versions[index] || undefined,
            detail: null,
          }))
        : undefined,
  };
}

function arraysOf<Item>(items: readonly Item[], { always, optional }: Columns<Item>) {
  return [
    ...always.map((column) => (items.length === 0 ? null : arrayOf(items, column))),
    ...optional.map((column) =>
      items.some((item) => column[1](item) !== undefined) ? arrayOf(items, column) : null,
    ),
  ];
}

/** A column as PostgreSQL writes arrays. */
function arrayOf<Item>(items: readonly Item[], [type, of]: Column<Item>): string {
  let text = "";
  for (const item of items) {
    const value = of(item);
    if (text !== "") text += ",";
    if (value === undefined) text += "NULL";
    else if (type === "text" || typeof value === "object") text += quoted(value);
    else text += String(value);
  }
  return `{${text}}`;
}

/** Of what is no text, its JSON, in which nothing is escaped a second time but quotes and backslashes. */
function quoted(value: unknown): string {
  if (typeof value !== "string") return JSON.stringify(JSON.stringify(value));
  return `"${value.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}
