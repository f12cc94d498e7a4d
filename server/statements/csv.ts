import { csvLine } from "../analytics/csv.ts";
import type { Statement } from "./schema.ts";

const columns = [
  ...["team_id", "team", "organization", "day", "kind"],
  ...["job_type", "entries", "credits", "balance"],
];

/** A statement as CSV: the opening balance, a line for each day, kind and job type, the closing balance. The balance stands at a day's last line. */
export function statementAsCsv(statement: Statement): string {
  const { team_id: id, team_name: team, organization_name: organization } = statement;
  const line = (...values: (string | number | null)[]) =>
    csvLine([id, team, organization, ...values]);
  const lastDay = new Date(Date.parse(statement.to) - 1).toISOString().slice(0, 10);
  return [
    csvLine(columns),
    line(statement.from.slice(0, 10), "opening_balance", "", "", "", statement.opening_balance),
    ...statement.days.flatMap(({ day, lines, balance }) =>
      lines.map((one, index) =>
        line(
          ...([day, one.kind, one.job_type, one.entries, one.credits] as const),
          index === lines.length - 1 ? balance : null,
        ),
      ),
    ),
    line(lastDay, "closing_balance", "", "", "", statement.closing_balance),
  ].join("");
}
