import { expect, test } from "vitest";
import { Lane } from "../../server/gateway/lane.ts";

/** A lane whose batches wait until they are let go. */
function heldLane(limit = 64) {
  const batches: { items: readonly number[]; release: (error?: Error) => void }[] = [];
  const lane = new Lane<number, number>({
    limit,
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

/** Lets everything that is ready run. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

test("keeps one statement under way, and what arrives meanwhile rides in the next", async () => {
  const { lane, batches } = heldLane();
  const first = lane.add(1);
  const others = [lane.add(2), lane.add(3)];
  await settled();
  expect(batches.map(({ items }) => items)).toEqual([[1]]);
  batches[0]!.release();
  expect(await first).toBe(10);
  await settled();
  expect(batches.map(({ items }) => items)).toEqual([[1], [2, 3]]);
  batches[1]!.release();
  expect(await Promise.all(others)).toEqual([20, 30]);
});

test("sends no more than its limit at once", async () => {
  const { lane, batches } = heldLane(2);
  const all = [1, 2, 3, 4, 5].map((item) => lane.add(item));
  for (let sent = 0; sent < 3; sent++) {
    await settled();
    batches[sent]!.release();
  }
  await Promise.all(all);
  expect(batches.map(({ items }) => items)).toEqual([[1], [2, 3], [4, 5]]);
});

test("sends the items of a batch one by one when its content is refused, so that one bad item harms no other", async () => {
  const sent: (readonly number[])[] = [];
  const lane = new Lane<number, number>({
    limit: 64,
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
  expect(sent).toEqual([[1], [2, 3, 4], [2], [3], [4]]);
});

test("rejects a whole batch when the connection is lost, and goes on with the next", async () => {
  const { lane, batches } = heldLane();
  const first = lane.add(1);
  const second = lane.add(2);
  await settled();
  batches[0]!.release(new Error("connection lost"));
  await expect(first).rejects.toThrow("connection lost");
  await settled();
  batches[1]!.release();
  expect(await second).toBe(20);
});
