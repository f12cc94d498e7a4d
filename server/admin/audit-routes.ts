import { Type } from "@sinclair/typebox";
import { auditAsCsv } from "../audit/csv.ts";
import { listAuditEntries } from "../audit/list.ts";
import { AuditFilterQuery, AuditPage, AuditQuery } from "../audit/schema.ts";
import type { Context } from "../context.ts";
import { adminOperation, type Operation } from "../http/operation.ts";

/** Who changed what. Nothing changes or deletes an entry. */
export function auditOperations(context: Context): readonly Operation[] {
  return [
    adminOperation(
      "GET",
      "/api/audit",
      {
        operationId: "listAuditEntries",
        needs: "admin",
        summary: "List what admins changed",
        description: "Newest first, each with the fields that changed. Secrets are never in it.",
        tag: "Audit",
        query: AuditQuery,
        success: { description: "A page of entries.", schema: AuditPage },
      },
      ({ query }) => listAuditEntries(context, query),
    ),

    adminOperation(
      "GET",
      "/api/audit.csv",
      {
        operationId: "exportAuditEntries",
        needs: "admin",
        summary: "Export what admins changed as CSV",
        description:
          "All entries, newest first, streamed. Texts that a spreadsheet would run as a formula carry an apostrophe in front.",
        tag: "Audit",
        query: AuditFilterQuery,
        success: {
          description: "One line an entry, with a header; lines end in CR LF.",
          mediaType: "text/csv",
          schema: Type.String({ description: "CSV by RFC 4180." }),
          example: "created_at,actor,action\r\n2026-11-23T12:00:00.000Z,cli,team.suspend\r\n",
        },
      },
      ({ query }) =>
        new Response(auditAsCsv(context, query), {
          headers: {
            "content-type": "text/csv; charset=utf-8",
            "content-disposition": 'attachment; filename="audit.csv"',
          },
        }),
    ),
  ];
}
