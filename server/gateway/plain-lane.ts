import { isStatementError, sqlState } from "../../db/sql-state.ts";
import { Lane, type LaneOptions } from "./lane.ts";
import type { PlainOutcomes } from "./plain-store.ts";
import type { OpenItem, OpenOutcome, SettleItem, SettleOutcome } from "./store.ts";

type PlainItem = { settle: SettleItem } | { open: OpenItem };

interface PlainLaneOptions {
  /** Each opens or settles a lone item, however plain it is. */
  open: (item: OpenItem) => Promise<OpenOutcome>;
  settle: (item: SettleItem) => Promise<SettleOutcome>;
  company?: LaneOptions<unknown, unknown>["company"];
  /** Settles and opens in one statement. */
  together: (items: { settles: SettleItem[]; opens: OpenItem[] }) => Promise<PlainOutcomes>;
}

/**
 * The lane of plain calls: what ends and what begins while a statement is under way rides in the next, together. Two lanes would
 * stand in each other's way at the wallet that both write to, and send half as much with each statement.
 */
export class PlainLane {
  readonly #options: PlainLaneOptions;
  readonly #lane: Lane<PlainItem, OpenOutcome | SettleOutcome | undefined>;

  constructor(options: PlainLaneOptions) {
    this.#options = options;
    const { company } = options;
    this.#lane = new Lane({
      isOfBatch: isStatementError,
      ...(company && { company }),
      send: (items) => this.#send(items),
    });
  }

  /** Undefined = nothing was done, since the call, or another of its batch, is not as plain as it looked. */
  open(item: OpenItem): Promise<OpenOutcome | undefined> {
    return this.#lane.add({ open: item }) as Promise<OpenOutcome | undefined>;
  }

  settle(item: SettleItem): Promise<SettleOutcome | undefined> {
    return this.#lane.add({ settle: item }) as Promise<SettleOutcome | undefined>;
  }

  async #send(
    items: readonly PlainItem[],
  ): Promise<readonly (OpenOutcome | SettleOutcome | undefined)[]> {
    const [first] = items;
    if (items.length === 1 && first) {
      return [
        await ("open" in first
          ? this.#options.open(first.open)
          : this.#options.settle(first.settle)),
      ];
    }
    const settles = items.flatMap((item) => ("settle" in item ? [item.settle] : []));
    const opens = items.flatMap((item) => ("open" in item ? [item.open] : []));
    const { settled, opened } = await this.#options
      .together({ settles, opens })
      .catch(leftWhenSpent);
    let settle = 0;
    let open = 0;
    return items.map((item) => ("open" in item ? opened?.[open++] : settled?.[settle++]));
  }
}

/** What hangs on neither a key, a job that is made, nor a budget. */
export const isPlainOpen = ({ claim, create, budgets }: OpenItem): boolean =>
  claim === undefined && create === undefined && budgets.length === 0;

export const isPlainSettle = ({ claimId, endJob, jobId }: SettleItem): boolean =>
  claimId === undefined && endJob === undefined && jobId !== undefined;

/** Credits that were spent meanwhile are for the general functions to tell. */
export function leftWhenSpent(error: unknown): PlainOutcomes {
  if (sqlState(error) === "SL001") return { settled: undefined, opened: undefined };
  throw error;
}
