import { describe, expect, it } from "vitest";
import { LogTail } from "../../server/litellm/log-tail.ts";

describe("the log tail", () => {
  it("removes every secret that was handed over, longer ones first", () => {
    const tail = new LogTail();
    tail.conceal(["hunter2", "hunter2-and-more", ""]);
    tail.add("keys hunter2-and-more and hunter2.");
    expect(tail.lines()).toEqual(["keys [secret] and [secret]."]);
  });

  it("leaves out lines that only draw, and empty ones", () => {
    const tail = new LogTail();
    for (const line of ["4000    ██╗     ╚═╝", "4000", "", "   ", "4000 ██ started"])
      tail.add(line);
    expect(tail.lines()).toEqual(["4000 ██ started"]);
  });

  it("removes what looks like a key, known or not", () => {
    const tail = new LogTail();
    tail.add("Incorrect API key provided: sk-proj-abc_DEF.123456");
    expect(tail.lines()).toEqual(["Incorrect API key provided: sk-[secret]"]);
  });

  it("keeps the last 200 lines, without colours, empty ones and endless ones", () => {
    const tail = new LogTail();
    for (let number = 0; number < 250; number += 1) tail.add(`\u001b[31mline ${number}\u001b[0m`);
    tail.add("   ");
    tail.add("x".repeat(10_000));
    expect(tail.lines()).toHaveLength(200);
    expect(tail.lines()[0]).toBe("line 51");
    expect(tail.lines().at(-1)).toBe("x".repeat(500));
  });

  it("removes a secret before it cuts a line", () => {
    const tail = new LogTail();
    tail.conceal(["the-secret"]);
    tail.add(`${"x".repeat(495)}the-secret`);
    expect(tail.lines()[0]).not.toContain("the-s");
  });
});
