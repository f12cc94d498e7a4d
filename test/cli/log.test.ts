import { expect, test } from "vitest";
import { createLog } from "../../server/log.ts";

function capture(format: "pretty" | "json", level: "debug" | "info" = "info") {
  const lines: string[] = [];
  const log = createLog({
    format,
    level,
    colors: false,
    write: (line) => lines.push(line),
    now: () => Date.parse("2026-11-23T12:00:00.000Z"),
  });
  return { log, lines };
}

test("a JSON line has time, level, message and the fields", () => {
  const { log, lines } = capture("json");
  log.with({ request_id: "r1" }).info("request", { status: 200, cost: 12n });
  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0]!)).toEqual({
    time: "2026-11-23T12:00:00.000Z",
    level: "info",
    message: "request",
    request_id: "r1",
    status: 200,
    cost: "12",
  });
  expect(lines[0]!.endsWith("}\n")).toBe(true);
});

test("an error is written with code, stack and cause", () => {
  const { log, lines } = capture("json");
  const cause = Object.assign(new Error("refused"), { code: "ECONNREFUSED" });
  log.error("it failed", { error: new Error("no database", { cause }) });
  const { error } = JSON.parse(lines[0]!) as { error: string };
  expect(error).toContain("no database");
  expect(error).toContain("caused by [ECONNREFUSED]");
});

test("lines below the level are not written", () => {
  const { log, lines } = capture("json");
  log.debug("detail");
  expect(lines).toEqual([]);
});

test("a pretty line is for eyes", () => {
  const { log, lines } = capture("pretty");
  log.warn("slow", { ms: 12, path: "/api/jobs", reason: "two words" });
  expect(lines).toEqual(['12:00:00.000 warn  slow  ms=12 path=/api/jobs reason="two words"\n']);
});

test.each(["pretty", "json"] as const)("secrets never stand in a %s line", (format) => {
  const { log, lines } = capture(format);
  const secrets = [
    "sk-Zm9vYmFyYmF6cXV4",
    "slt-Zm9vYmFyYmF6cXV4",
    "Bearer abcdef.ghijkl",
    "http://127.0.0.1:3002/setup#token=abcdefghijkl",
    "postgres://app:hunter2@db/x",
  ];
  log.info(secrets.join(" "), { secrets, error: new Error(secrets.join(" ")) });
  const text = lines.join("");
  for (const hidden of ["Zm9vYmFy", "abcdef", "hunter2"]) expect(text).not.toContain(hidden);
  expect(text).toContain("[secret]");
});
