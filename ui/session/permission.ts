import { useQuery } from "@tanstack/preact-query";
import type { Session } from "../../server/accounts/schema.ts";
import { sessionQuery } from "./session.ts";

/** Roles by rank; who may see what a role may, may see what lower ones may. */
export type Role = Session["role"];

/** What a screen or button needs. The API decides; the UI only leaves out what it would refuse. */
export type Permission = readonly Role[];

export const anyone: Permission = ["owner", "admin", "billing", "support", "viewer"];
export const admins: Permission = ["owner", "admin"];
export const billing: Permission = ["owner", "admin", "billing"];
export const support: Permission = ["owner", "admin", "support"];
export const billingOrSupport: Permission = ["owner", "admin", "billing", "support"];

/** Who is signed in, once that is known. */
export function useWhoAmI(): Session | undefined {
  // The one who asks for the session is `useSession`.
  const { data } = useQuery({ ...sessionQuery, enabled: false });
  return data ?? undefined;
}

/** Answers whether the one who is signed in may do something. */
export function useCan(): (permission: Permission) => boolean {
  const role = useWhoAmI()?.role;
  return (permission) => role !== undefined && permission.includes(role);
}
