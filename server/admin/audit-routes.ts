import { listAuditEntries } from "../audit/list.ts";
import { AuditPage, AuditQuery } from "../audit/schema.ts";
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
        summary: "List what admins changed",
        description: "Newest first, each with the fields that changed. Secrets are never in it.",
        tag: "Audit",
        query: AuditQuery,
        success: { description: "A page of entries.", schema: AuditPage },
      },
      ({ query }) => listAuditEntries(context, query),
    ),
  ];
}
