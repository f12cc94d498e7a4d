import { beforeAll, expect, test } from "vitest";
import { seedTeam } from "../harness.ts";
import { adminCli } from "./admin-cli.ts";

const { context, cli, json } = await adminCli();
beforeAll(async () => {
  await seedTeam(context, { id: "routing" });
});

test("a budget, from its creation to its end", async () => {
  const budget = await json("budget", "create", "--team", "routing", "--limit", "250.5");
  expect(budget).toMatchObject({
    ...{ scope: "team", subject_id: "routing", kind: "hard", period: "month", limit_usd: 250.5 },
    alert_percents: [80, 100],
  });
  const id = String(budget["budget_id"]);
  const soft = await json(
    ...["budget", "create", "--org", "owner-of-routing", "--limit", "9", "--soft"],
    ...["--period", "week", "--alerts", "50, 90"],
  );
  expect(soft).toMatchObject({ kind: "soft", period: "week", alert_percents: [50, 90] });
  expect((await json("budget", "list"))["data"]).toHaveLength(2);
  expect((await cli("budget", "list", "--team", "routing")).text).toBe(
    `${id}  team routing, hard, $250.5 a month: $0 spent, $0 held, 0 % used until 2026-12-01T00:00:00.000Z`,
  );

  expect(await json("budget", "update", id, "--limit", "300")).toMatchObject({ limit_usd: 300 });
  const stale = await cli("budget", "update", id, "--alerts", "70", "--version", "1");
  expect(stale).toMatchObject({ code: 1 });
  expect(stale.text).toContain("(version_conflict)");

  expect(await json("budget", "delete", id)).toEqual({ budget_id: id, deleted: true });
  expect((await cli("budget", "list", "--team", "routing")).text).toBe("There is no such budget.");
});

test("wrong words are told before anything is asked, wrong values by the server", async () => {
  expect(await cli("budget", "create", "--limit", "5")).toEqual({
    code: 2,
    text: "error: Whose budget is it? Give one of --org, --team, --key and --alias.",
  });
  const two = await cli("budget", "create", "--limit", "5", "--org", "a", "--team", "b");
  expect(two).toEqual({
    code: 2,
    text: "error: --org and --team: a budget has one subject, so give one.",
  });
  expect((await cli("budget", "create", "--team", "routing", "--limit", "much")).code).toBe(2);
  const unknown = await cli("budget", "create", "--team", "nobody", "--limit", "5");
  expect(unknown).toEqual({ code: 1, text: 'error: There is no team "nobody". (not_found)' });
});
