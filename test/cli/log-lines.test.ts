import { expect, test } from "vitest";
import { gatherLines } from "../../server/log-lines.ts";
import { until } from "../harness.ts";

test("lines of one moment are written as one text, in their order, and each once", async () => {
  const written: string[] = [];
  const write = gatherLines((text) => written.push(text));
  write("one\n");
  write("two\n");
  expect(written).toEqual([]);
  await until("the lines are written", () => Promise.resolve(written.length > 0));
  expect(written).toEqual(["one\ntwo\n"]);
  write("three\n");
  await until("the next line is written", () => Promise.resolve(written.length > 1));
  expect(written[1]).toBe("three\n");
});

test("what is gathered when the process exits is written", () => {
  const written: string[] = [];
  gatherLines((text) => written.push(text))("last words\n");
  process.emit("exit", 0);
  expect(written).toEqual(["last words\n"]);
});
