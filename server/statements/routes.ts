import { Type } from "@sinclair/typebox";
import type { Context } from "../context.ts";
import { adminOperation, type Operation } from "../http/operation.ts";
import { requireTeamId } from "../teams/unknown-team.ts";
import { statementAsCsv } from "./csv.ts";
import { Statement, StatementQuery } from "./schema.ts";
import { readStatement } from "./statement.ts";

const tag = "Wallets";
const params = { team_id: Type.String({ description: "Id of a team.", examples: ["routing"] }) };
const description =
  "By the ledger: the opening balance and all lines are the closing balance, which opens the next month. In credits alone, to be handed to the team.";

/** What teams are told of a month. */
export function statementOperations(context: Context): readonly Operation[] {
  return [
    adminOperation(
      "GET",
      "/api/teams/:team_id/statement",
      {
        operationId: "getStatement",
        needs: "viewer",
        summary: "Get a month's statement of a team",
        description,
        tag,
        params,
        query: StatementQuery,
        success: { description: "The statement.", schema: Statement },
        problems: ["not_found"],
      },
      ({ params: { team_id }, query }) =>
        readStatement(context, requireTeamId(team_id), query.month),
    ),

    adminOperation(
      "GET",
      "/api/teams/:team_id/statement.csv",
      {
        operationId: "getStatementAsCsv",
        needs: "viewer",
        summary: "Get a month's statement of a team as CSV",
        description: `${description} Texts that a spreadsheet would run as a formula carry an apostrophe in front.`,
        tag,
        params,
        query: StatementQuery,
        success: {
          description: "One line a day, kind and job type, with a header; lines end in CR LF.",
          mediaType: "text/csv",
          schema: Type.String({ description: "CSV by RFC 4180." }),
          example:
            "team_id,day,kind,credits,balance\r\nrouting,2026-11-01,opening_balance,,100\r\n",
        },
        problems: ["not_found"],
      },
      async ({ params: { team_id }, query }) => {
        const statement = await readStatement(context, requireTeamId(team_id), query.month);
        return new Response(statementAsCsv(statement), {
          headers: {
            "content-type": "text/csv; charset=utf-8",
            "content-disposition": `attachment; filename="statement-${statement.team_id}-${statement.month}.csv"`,
          },
        });
      },
    ),
  ];
}
