import { Type } from "@sinclair/typebox";
import { authorOf } from "../audit/audit.ts";
import type { Context } from "../context.ts";
import { adminOperation, type Operation } from "../http/operation.ts";
import { reportAsCsv } from "./csv.ts";
import { rebuild } from "./rebuild.ts";
import { readReport } from "./report.ts";
import { Rebuild, Rebuilt, Report, ReportQuery } from "./schema.ts";

const description =
  "Of a month (`period`) or a span (`from`, `to`; whole quarters of an hour, a year at most). Jobs and what they were charged count when the job was created, calls and their cost when the call was made, fees with the job that opened their period. By alias, target or key, a job that is charged as a whole is shared out to its calls in proportion to their cost (evenly, if they cost nothing); what jobs without calls were charged, and fees, stand in no such group, so that these do not add up to the totals. Fees stand in no group by job type either.";

/** What the platform earns and spends, for admins. */
export function analyticsOperations(context: Context): readonly Operation[] {
  const tag = "Analytics";
  return [
    adminOperation(
      "GET",
      "/api/usage",
      {
        operationId: "getReport",
        needs: "viewer",
        summary: "Get cost, revenue and margin",
        description: `${description} With \`Accept: text/csv\`, all rows as CSV.`,
        tag,
        query: ReportQuery,
        headers: {
          accept: Type.String({
            description: "`text/csv` for CSV.",
            examples: ["application/json"],
          }),
        },
        success: { description: "The figures.", schema: Report },
      },
      ({ query, request }) =>
        request.headers.get("accept")?.includes("text/csv")
          ? csvResponse(context, query)
          : readReport(context, query),
    ),

    adminOperation(
      "GET",
      "/api/usage.csv",
      {
        operationId: "getReportAsCsv",
        needs: "viewer",
        summary: "Get cost, revenue and margin as CSV",
        description: `${description} Streamed, however long. Texts that a spreadsheet would run as a formula carry an apostrophe in front.`,
        tag,
        query: ReportQuery,
        success: {
          description: "One line a row, with a header; lines end in CR LF.",
          mediaType: "text/csv",
          schema: Type.String({ description: "CSV by RFC 4180." }),
          example: "team,name,jobs,calls\r\nrouting,Routing,1200,3100\r\n",
        },
      },
      ({ query }) => csvResponse(context, query),
    ),

    adminOperation(
      "POST",
      "/api/usage/rebuild",
      {
        operationId: "rebuildUsage",
        needs: "admin",
        summary: "Count usage anew",
        description:
          "Computes the UTC days of a span anew from jobs and calls (all of them without one), and says how many figures came out differently. Works for some seconds, then says where to go on.",
        tag,
        body: Rebuild,
        success: { description: "What was done.", schema: Rebuilt },
      },
      (input) => rebuild(context, authorOf(input), input.body),
    ),
  ];
}

async function csvResponse(context: Context, query: ReportQuery): Promise<Response> {
  return new Response(await reportAsCsv(context, query), {
    headers: {
      "content-type": "text/csv; charset=utf-8",
      "content-disposition": 'attachment; filename="usage.csv"',
    },
  });
}
