import { describe, expect, test } from "vitest";
import { SseReader } from "../../server/gateway/sse.ts";

/** The data of all events of a stream that comes in these pieces. */
async function read(pieces: readonly Uint8Array[]): Promise<string[]> {
  const left = [...pieces];
  const reader = new SseReader({ next: () => Promise.resolve(left.shift()), cancel: () => {} });
  const events: string[] = [];
  for (;;) {
    const data = await reader.next();
    if (data === undefined) return events;
    events.push(data);
  }
}

const encoder = new TextEncoder();
const cut = (text: string, size: number) => {
  const bytes = encoder.encode(text);
  const count = Math.ceil(bytes.length / size);
  return Array.from({ length: count }, (_, index) => bytes.slice(index * size, (index + 1) * size));
};

const stream =
  'data: {"a":"é😀"}\n\n: a comment\n\n\nevent: x\r\ndata: one\r\ndata:two\r\nid: 3\r\n\r\ndata: \u2028\n\r\ndata:\n\ndata: last';
const events = ['{"a":"é😀"}', "one\ntwo", "\u2028", "", "last"];

test.each([1, 2, 3, 5, 7, 64, 1_000])("reads the same of pieces of %i bytes", async (size) => {
  expect(await read(cut(stream, size))).toEqual(events);
});

test("knows what is here already, and takes an endless event for a broken upstream", async () => {
  const pieces = [encoder.encode("data: 1\n\ndata: 2\n\ndata: "), encoder.encode("3\n\n")];
  const reader = new SseReader({ next: () => Promise.resolve(pieces.shift()), cancel: () => {} });
  expect(reader.ready()).toBeUndefined();
  expect(await reader.next()).toBe("1");
  expect([reader.ready(), reader.ready()]).toEqual(["2", undefined]);
  expect([await reader.next(), await reader.next()]).toEqual(["3", undefined]);
  const piece = new Uint8Array(1024 * 1024).fill(120);
  await expect(read(Array<Uint8Array>(33).fill(piece))).rejects.toThrow("too large");
});

describe("the work of an event of ten megabytes", () => {
  /** Counts the bytes that were looked through, and those that were taken over, of all pieces. */
  class Counted extends Uint8Array {
    static searched = 0;
    static copied = 0;
    override indexOf(value: number, from = 0): number {
      const at = super.indexOf(value, from);
      Counted.searched += (at < 0 ? this.length : at + 1) - from;
      return at;
    }
    override subarray(from = 0, to = this.length): Uint8Array<ArrayBuffer> {
      Counted.copied += to - from;
      return new Uint8Array(this.buffer, this.byteOffset + from, to - from);
    }
  }

  test.each([1_000, 16_384, 1_000_000])(
    "does not grow with the pieces: of %i bytes",
    async (size) => {
      const text = `data: ${"x".repeat(10_000_000)}\n\n`;
      const pieces = cut(text, size).map((piece) => new Counted(piece));
      [Counted.searched, Counted.copied] = [0, 0];
      expect((await read(pieces))[0]).toHaveLength(10_000_000);
      // Each byte once; the empty rest behind the event adds none.
      expect([Counted.searched, Counted.copied]).toEqual([text.length, text.length]);
    },
  );
});
