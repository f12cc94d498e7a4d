import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { InternalKeys, makeInternalKey } from "../../server/litellm/internal-key.ts";
import { ManualClock } from "../harness/clock.ts";

const hookFolder = join(import.meta.dirname, "../../server/litellm");

/** What the hook's own check says of keys, run by the Python of this machine. */
function teamsOf(keys: readonly string[], secret: string, nowSeconds: number): (string | null)[] {
  const program = [
    "import json, sys",
    "sys.dont_write_bytecode = True",
    "sys.path.insert(0, sys.argv[1])",
    "from saas_litellm_auth import team_of_key",
    "keys, secret, now = json.load(sys.stdin)",
    "print(json.dumps([team_of_key(key, secret, now) for key in keys]))",
  ].join("\n");
  const output = execFileSync("python3", ["-c", program, hookFolder], {
    input: JSON.stringify([keys, secret, nowSeconds]),
    encoding: "utf8",
  });
  return JSON.parse(output) as (string | null)[];
}

const at = 1_800_000_000;
const secret = "a secret";
const good = makeInternalKey("team-a", secret, at + 60);

describe("an internal key", () => {
  it("has this exact form", () => {
    expect(good).toBe(
      "sk-internal.dGVhbS1h.1800000060.3OA9FBzV-cCsay-uOAnQOyjaGXxTfLQVEhYK0iadXZA",
    );
  });

  it("is accepted by the hook, and carries any team id", () => {
    const teams = ["team-a", "0197b0c2-6f0e-7000-8000-000000000001", "équipe 团队", ""];
    const keys = teams.map((team) => makeInternalKey(team, secret, at + 60));
    expect(teamsOf(keys, secret, at)).toEqual(teams);
  });

  it("is refused when forged, changed, expired, cut or foreign", () => {
    const [prefix = "", team = "", expiry = "", signature = ""] = good.split(".");
    const bad = [
      makeInternalKey("team-a", "another secret", at + 60),
      [prefix, Buffer.from("team-b").toString("base64url"), expiry, signature].join("."),
      [prefix, team, String(at + 9_999), signature].join("."),
      makeInternalKey("team-a", secret, at),
      makeInternalKey("team-a", secret, at - 1),
      [prefix, team, expiry].join("."),
      `${good}.more`,
      [prefix, team, expiry, ""].join("."),
      [prefix, team, expiry, "é"].join("."),
      good.replace("sk-internal", "sk-external"),
      "sk-1234",
      "",
    ];
    expect(teamsOf(bad, secret, at)).toEqual(bad.map(() => null));
  });

  it("is never accepted while no secret is set", () => {
    expect(teamsOf([makeInternalKey("team-a", "", at + 60)], "", at)).toEqual([null]);
  });
});

describe("the keys of teams", () => {
  it("are handed out again until they near their expiry", () => {
    const clock = new ManualClock(at * 1000);
    const keys = new InternalKeys(secret, clock);
    const first = keys.keyFor("team-a");
    expect(keys.keyFor("team-a")).toBe(first);
    expect(keys.keyFor("team-b")).not.toBe(first);
    clock.advance(9 * 60_000);
    expect(keys.keyFor("team-a")).toBe(first);
    clock.advance(2 * 60_000);
    const second = keys.keyFor("team-a");
    expect(second).not.toBe(first);
    expect(teamsOf([first, second], secret, at + 15 * 60)).toEqual([null, "team-a"]);
  });
});
