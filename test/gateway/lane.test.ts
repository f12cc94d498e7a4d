import { expect, test } from "vitest";
import { Lane } from "../../server/gateway/lane.ts";

/** A lane whose batches wait until they are let go. */
function heldLane(limit?: number, company?: () => Promise<unknown>) {
  const batches: { items: readonly number[]; release: (error?: Error) => void }[] = [];
  const lane = new Lane<number, number>({
    ...(limit !== undefined && { limit }),
    ...(company && { company }),
    isOfBatch: (error) => error instanceof RangeError,
    send: (items) =>
      new Promise((resolve, reject) => {
        batches.push({
          items,
          release: (error) => (error ? reject(error) : resolve(items.map((item) => item * 10))),
        });
      }),
  });
  return { lane, batches };
}

/** Lets everything that is ready run, and what it gathers be sent. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 4; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

test("sends together what arrives together; what arrives meanwhile rides in the next", async () => {
  const { lane, batches } = heldLane();
  const first = [lane.add(1), lane.add(2)];
  await settled();
  const others = [lane.add(3), lane.add(4)];
  await settled();
  expect(batches.map(({ items }) => items)).toEqual([[1, 2]]);
  batches[0]!.release();
  expect(await Promise.all(first)).toEqual([10, 20]);
  await settled();
  expect(batches.map(({ items }) => items)).toEqual([
    [1, 2],
    [3, 4],
  ]);
  batches[1]!.release();
  expect(await Promise.all(others)).toEqual([30, 40]);
});

test("on a busy lane a request that is read a turn after another one still rides with it", async () => {
  const { lane, batches } = heldLane();
  const busy = [lane.add(1), lane.add(2)];
  await settled();
  batches[0]!.release();
  await Promise.all(busy);
  const first = lane.add(3);
  await new Promise((resolve) => setImmediate(resolve));
  const second = lane.add(4);
  await settled();
  expect(batches.map(({ items }) => items)).toEqual([
    [1, 2],
    [3, 4],
  ]);
  batches[1]!.release();
  expect(await Promise.all([first, second])).toEqual([30, 40]);
});

test("a lone request waits for nobody", async () => {
  const { lane, batches } = heldLane();
  const alone = lane.add(1);
  await Promise.resolve();
  await Promise.resolve();
  expect(batches.map(({ items }) => items)).toEqual([[1]]);
  batches[0]!.release();
  expect(await alone).toBe(10);
});

test("a request waits for company where it is told to, and those that come meanwhile ride with it", async () => {
  let go = () => {};
  const { lane, batches } = heldLane(undefined, () => new Promise<void>((over) => (go = over)));
  const all = [lane.add(1)];
  await settled();
  all.push(lane.add(2));
  await settled();
  expect(batches).toEqual([]);
  go();
  await settled();
  all.push(lane.add(3));
  batches[0]!.release();
  await settled();
  expect(batches.map(({ items }) => items)).toEqual([[1, 2]]);
  go();
  await settled();
  batches[1]!.release();
  expect(await Promise.all(all)).toEqual([10, 20, 30]);
});

test("sends no more than its limit at once", async () => {
  const { lane, batches } = heldLane(2);
  const all = [1, 2, 3, 4, 5].map((item) => lane.add(item));
  for (let sent = 0; sent < 3; sent++) {
    await settled();
    batches[sent]!.release();
  }
  await Promise.all(all);
  expect(batches.map(({ items }) => items)).toEqual([[1, 2], [3, 4], [5]]);
});

test("sends the items of a batch one by one when its content is refused, so that one bad item harms no other", async () => {
  const sent: (readonly number[])[] = [];
  const lane = new Lane<number, number>({
    isOfBatch: (error) => error instanceof RangeError,
    send: (items) => {
      sent.push(items);
      return items.includes(3) ? Promise.reject(new RangeError("bad")) : Promise.resolve(items);
    },
  });
  const results = await Promise.allSettled([lane.add(1), lane.add(2), lane.add(3), lane.add(4)]);
  expect(results.map(({ status }) => status)).toEqual([
    "fulfilled",
    "fulfilled",
    "rejected",
    "fulfilled",
  ]);
  expect(sent).toEqual([[1, 2, 3, 4], [1], [2], [3], [4]]);
});

test("rejects a whole batch when the connection is lost, and goes on with the next", async () => {
  const { lane, batches } = heldLane();
  const first = lane.add(1);
  await settled();
  const second = lane.add(2);
  batches[0]!.release(new Error("connection lost"));
  await expect(first).rejects.toThrow("connection lost");
  await settled();
  batches[1]!.release();
  expect(await second).toBe(20);
});
