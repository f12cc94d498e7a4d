import type { Context } from "../context.ts";
import type { Page } from "../http/pagination.ts";
import { findCall, searchCalls, toFilter } from "../jobs/search.ts";
import { DomainError } from "../kernel/errors.ts";
import { pageWithTenantNames, withTenantNames } from "../organizations/tenant-names.ts";
import type { CallDetail, CallQuery, FoundCallView } from "./schema.ts";
import { toCallDetail, toFoundCallView } from "./view.ts";

/** Calls of all teams, newest first. Throws `invalid_request` for a cursor that is none, or a search too wide. */
export async function listAllCalls(
  context: Context,
  query: CallQuery,
): Promise<Page<FoundCallView>> {
  const { status, target, error_code: errorCode } = query;
  const filter = { ...toFilter(query), status, target, errorCode };
  const page = await searchCalls(context, query, filter, toFoundCallView);
  return pageWithTenantNames(context.database.drizzle, page);
}

/** One call with everything that is known of it. Throws `not_found`. */
export async function readCall(context: Context, callId: string): Promise<CallDetail> {
  const call = await findCall(context, callId);
  if (!call) throw new DomainError("not_found", "There is no call with this id.");
  const [detail] = await withTenantNames(context.database.drizzle, [toCallDetail(call)]);
  return detail!;
}
