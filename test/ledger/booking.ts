import { isPlainOpen, isPlainSettle, leftWhenSpent } from "../../server/gateway/plain-lane.ts";
import { plainCalls } from "../../server/gateway/plain-store.ts";
import {
  openCalls,
  settleCalls,
  type OpenItem,
  type OpenOutcome,
  type SettleItem,
  type SettleOutcome,
} from "../../server/gateway/store.ts";
import type { World } from "./world.ts";

/** Calls that end and calls that begin together. */
export interface Batch {
  settles: readonly SettleItem[];
  opens: readonly OpenItem[];
}

/** Places in the batch of what one statement did, its settles before its opens. */
interface Turn {
  settles: readonly number[];
  opens: readonly number[];
}

export interface Booked {
  settled: SettleOutcome[];
  opened: OpenOutcome[];
  /** In the order in which they came. */
  turns: readonly Turn[];
}

/**
 * Books a batch the way the product does: what is plain in one statement, and then what is not, and what that one has left, in a
 * statement for settles and one for opens.
 */
export async function book(
  world: World,
  instance: string,
  { settles, opens }: Batch,
): Promise<Booked> {
  const { database } = world;
  const settled = settles.map((): SettleOutcome | undefined => undefined);
  const opened = opens.map((): OpenOutcome | undefined => undefined);
  const plain = {
    settles: placesOf(settles, isPlainSettle),
    opens: placesOf(opens, isPlainOpen),
  };
  // As in the product's lane, a lone one is the general functions' matter.
  const done =
    plain.settles.length + plain.opens.length > 1
      ? await plainCalls(database, world.at(), instance, {
          settles: plain.settles.map((place) => settles[place]!),
          opens: plain.opens.map((place) => opens[place]!),
        }).catch(leftWhenSpent)
      : { settled: undefined, opened: undefined };
  put(done.settled, plain.settles, settled);
  put(done.opened, plain.opens, opened);

  const left = {
    settles: placesOf(settles, (_, place) => settled[place] === undefined),
    opens: placesOf(opens, (_, place) => opened[place] === undefined),
  };
  if (left.settles.length > 0) {
    const items = left.settles.map((place) => settles[place]!);
    put(await settleCalls(database, world.at(), items), left.settles, settled);
  }
  if (left.opens.length > 0) {
    const items = left.opens.map((place) => opens[place]!);
    put(await openCalls(database, world.at(), instance, items), left.opens, opened);
  }
  return {
    settled: settled.map((outcome) => outcome!),
    opened: opened.map((outcome) => outcome!),
    turns: [
      {
        settles: done.settled ? plain.settles : [],
        opens: done.opened ? plain.opens : [],
      },
      left,
    ],
  };
}

export const openBatch = async (world: World, instance: string, opens: readonly OpenItem[]) =>
  (await book(world, instance, { settles: [], opens })).opened;

export const settleBatch = async (world: World, settles: readonly SettleItem[]) =>
  (await book(world, world.keyId, { settles, opens: [] })).settled;

function placesOf<Item>(
  items: readonly Item[],
  wanted: (item: Item, place: number) => boolean,
): number[] {
  return [...items.keys()].filter((place) => wanted(items[place]!, place));
}

function put<Outcome>(
  outcomes: readonly Outcome[] | undefined,
  places: readonly number[],
  into: (Outcome | undefined)[],
): void {
  for (const [index, outcome] of (outcomes ?? []).entries()) into[places[index]!] = outcome;
}
