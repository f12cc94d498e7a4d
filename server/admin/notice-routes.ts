import type { Context } from "../context.ts";
import { adminOperation, type Operation } from "../http/operation.ts";
import { listNotices } from "../notices/notices.ts";
import { NoticePage, NoticeQuery } from "../notices/schema.ts";

/** What has been told, delivered or not. */
export function noticeOperations(context: Context): readonly Operation[] {
  return [
    adminOperation(
      "GET",
      "/api/notices",
      {
        operationId: "listNotices",
        needs: "viewer",
        summary: "List notices",
        description:
          "Low and negative balances, budgets that have reached a percent, credits about to expire; each told once a crossing. Newest first.",
        tag: "Notices",
        query: NoticeQuery,
        success: { description: "A page of notices.", schema: NoticePage },
      },
      ({ query }) => listNotices(context, query),
    ),
  ];
}
