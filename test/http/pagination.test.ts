import fc from "fast-check";
import { expect, test } from "vitest";
import { type Page, type PageStart, readPage } from "../../server/http/pagination.ts";

/** A list of numbers, newest (largest) first, as a store would read it. */
function pages(numbers: readonly number[], of = "numbers") {
  const newestFirst = [...numbers].sort((one, other) => other - one);
  const read = (start: PageStart<number> | undefined, limit: number) => {
    if (start?.towards === "newer") {
      return Promise.resolve(newestFirst.filter((entry) => entry > start.key).slice(-limit));
    }
    return Promise.resolve(
      newestFirst.filter((entry) => !start || entry < start.key).slice(0, limit),
    );
  };
  return (query: {
    limit?: number;
    cursor?: string;
    filter?: string;
    sort?: string;
  }): Promise<Page<number>> =>
    readPage(query, {
      of,
      read,
      keyOf: String,
      parseKey: (text) => (/^\d+$/.test(text) ? Number(text) : undefined),
      toItem: (entry: number) => entry,
    });
}

test("following next and then prev shows every entry once each way, in order", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(fc.nat(1000), { maxLength: 30 }),
      fc.integer({ min: 1, max: 7 }),
      async (numbers, limit) => {
        const list = pages(numbers);
        const newestFirst = [...numbers].sort((one, other) => other - one);
        const forward = [await list({ limit })];
        for (let next = forward[0]!.next; next !== null; next = forward.at(-1)!.next) {
          forward.push(await list({ limit, cursor: next }));
        }
        expect(forward.flatMap((page) => page.data)).toEqual(newestFirst);
        expect(forward[0]!.prev).toBeNull();

        const back = [forward.at(-1)!];
        for (let prev = back[0]!.prev; prev !== null; prev = back[0]!.prev) {
          back.unshift(await list({ limit, cursor: prev }));
        }
        expect(back.flatMap((page) => page.data)).toEqual(newestFirst);
        expect(back.at(-1)!.next).toBeNull();
      },
    ),
  );
});

test("an entry that is added later does not move the pages behind it", async () => {
  const first = await pages([1, 2, 3, 4])({ limit: 2 });
  const second = await pages([1, 2, 3, 4, 5, 6])({ limit: 2, cursor: first.next! });
  expect(second.data).toEqual([2, 1]);
  expect((await pages([1, 2, 3, 4, 5, 6])({ limit: 2, cursor: second.prev! })).data).toEqual([
    4, 3,
  ]);
});

test.each(["x", "", "b2xkZXI", Buffer.from("older x").toString("base64url")])(
  "the cursor %j is refused",
  async (cursor) => {
    await expect(pages([1])({ cursor })).rejects.toMatchObject({ code: "invalid_request" });
  },
);

test("a cursor of another list, other filters or another order is refused", async () => {
  const query = { limit: 1, filter: "a", sort: "name" };
  const { next } = await pages([1, 2, 3])(query);
  const cursor = next!;
  expect((await pages([1, 2, 3])({ ...query, cursor })).data).toEqual([2]);
  expect((await pages([1, 2, 3])({ sort: "name", filter: "a", cursor, limit: 2 })).data).toEqual([
    2, 1,
  ]);
  const message = /^cursor is ".+", which belongs to another list, or to this one with other/;
  for (const page of [
    pages([1, 2, 3], "others")({ ...query, cursor }),
    pages([1, 2, 3])({ ...query, filter: "b", cursor }),
    pages([1, 2, 3])({ ...query, sort: "-name", cursor }),
    pages([1, 2, 3])({ cursor }),
  ]) {
    await expect(page).rejects.toMatchObject({
      code: "invalid_request",
      message: expect.stringMatching(message) as unknown,
      hints: { field: "cursor" },
    });
  }
});
