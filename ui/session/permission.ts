import { skipToken, useQuery } from "@tanstack/preact-query";
import type { Session } from "../../server/admin/schema.ts";
import { sessionKey } from "./session.ts";

/** Roles by rank; who may see what a role may, may see what lower ones may. */
export type Role = "owner" | "admin" | "billing" | "support" | "viewer";

/** What a screen or button needs. The API decides; the UI only leaves out what it would refuse. */
export type Permission = readonly Role[];

export const anyone: Permission = ["owner", "admin", "billing", "support", "viewer"];
export const admins: Permission = ["owner", "admin"];
export const billing: Permission = ["owner", "admin", "billing"];
export const support: Permission = ["owner", "admin", "support"];

/** Answers whether the one who is signed in may do something. A session without a role is the set-up link's: it may all. */
export function useCan(): (permission: Permission) => boolean {
  const { data } = useQuery<(Session & { role?: Role | null }) | null>({
    queryKey: sessionKey,
    // The one who asks for the session is `useSession`.
    queryFn: skipToken,
  });
  const role = data?.role ?? "owner";
  return (permission) => permission.includes(role);
}
