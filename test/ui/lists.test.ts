import { describe, expect, it } from "vitest";
import { at, withParameters } from "../../ui/api.ts";
import { toAmount } from "../../ui/base/field.tsx";
import { fieldProblem } from "../../ui/base/form.tsx";
import { changedAddress, nextSort } from "../../ui/base/listState.ts";
import { holds } from "../../ui/screens/screen.ts";
import { type Command, isUuid, matching } from "../../ui/shell/palette/commands.ts";

describe("addresses", () => {
  it("encode ids and leave out what has no value", () => {
    expect(at`/api/teams/${"a/b"}/wallet`).toBe("/api/teams/a%2Fb/wallet");
    expect(withParameters("/api/jobs", { limit: 8, cursor: undefined, q: "", team: null })).toBe(
      "/api/jobs?limit=8",
    );
    expect(withParameters("/api/jobs", {})).toBe("/api/jobs");
  });

  it("begin at the first page after a filter, and keep everything else", () => {
    const here = "/teams?status=active&sort=-name&cursor=abc";
    expect(changedAddress(here, { search: "a b" })).toBe(
      "/teams?status=active&sort=-name&search=a+b",
    );
    expect(changedAddress(here, { status: undefined })).toBe("/teams?sort=-name");
    expect(changedAddress(here, { cursor: "def" })).toBe(
      "/teams?status=active&sort=-name&cursor=def",
    );
    expect(changedAddress("/teams?cursor=abc", { cursor: undefined })).toBe("/teams");
  });

  it("turn a column's order round, then off", () => {
    expect(nextSort(undefined, "name")).toBe("name");
    expect(nextSort("name", "name")).toBe("-name");
    expect(nextSort("-name", "name")).toBeUndefined();
    expect(nextSort("-name", "created_at")).toBe("created_at");
  });

  it("belong to a screen when they are it or below it, not when they only begin alike", () => {
    expect(holds("/teams", "/teams/routing")).toBe(true);
    expect(holds("/teams", "/teams-of-old")).toBe(false);
    expect(holds("/", "/teams")).toBe(false);
  });
});

describe("amounts", () => {
  it("understand thousands and a true minus, and refuse what is no number", () => {
    expect(toAmount("2,500.50")).toBe(2500.5);
    expect(toAmount(" \u22123 ")).toBe(-3);
    expect(toAmount(".5")).toBe(0.5);
    for (const wrong of ["", "-", "1e3", "0x1", "12 credits", "NaN", "1.2.3"])
      expect(toAmount(wrong)).toBeUndefined();
  });
});

describe("problems of fields", () => {
  const problems = [
    { field: "rules.tiers[0].price", message: "rules.tiers[0].price is -1; at least 0." },
    { field: "name", message: "name is empty." },
  ];
  it("stand at their field without its name, also those of what is inside it", () => {
    expect(fieldProblem(problems, "name")).toBe("Is empty.");
    expect(fieldProblem(problems, "rules")).toBe("Is -1; at least 0.");
    expect(fieldProblem(problems, "rule")).toBeUndefined();
  });
});

describe("the palette", () => {
  const commands: Command[] = [
    { id: "/teams", label: "Teams", hint: "Page" },
    { id: "team a", label: "Fraud review", hint: "Team of Halcyon" },
    { id: "new", label: "New team", hint: "Action" },
  ];
  const labels = (typed: string) => matching(commands, typed).map(({ label }) => label);
  it("finds what holds every word, and puts first what begins with the text", () => {
    expect(labels("new")).toEqual(["New team"]);
    expect(labels("TEAM")).toEqual(["Teams", "Fraud review", "New team"]);
    expect(labels("halcyon fraud")).toEqual(["Fraud review"]);
    expect(labels("")).toHaveLength(3);
    expect(labels("nothing")).toEqual([]);
  });
  it("knows an id of a job", () => {
    expect(isUuid(" 019aaf3c-6a80-7c11-9d1b-2f9d1b6d2a10 ")).toBe(true);
    expect(isUuid("019aaf3c")).toBe(false);
  });
});
