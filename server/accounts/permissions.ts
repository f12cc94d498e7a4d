import { DomainError } from "../kernel/errors.ts";
import { areaOf, covers } from "./areas.ts";
import type { AdminPrincipal } from "./principal.ts";
import { mayManage, type Need, type Role, satisfies } from "./roles.ts";

/** What is asked of whoever calls an operation of the admin API. */
interface Guarded {
  readonly method: string;
  readonly spec: { readonly tag: string; readonly needs?: Need; readonly forPeople?: boolean };
}

/** Throws `role_required`, `scope_required`, `account_required`. */
export function requirePermission(principal: AdminPrincipal, { method, spec }: Guarded): void {
  const needs = spec.needs ?? "owner";
  if (!satisfies(principal.role, needs)) {
    throw new DomainError(
      "role_required",
      `This needs the role ${needs}; yours is ${principal.role}.`,
      { hints: { needs, role: principal.role } },
    );
  }
  if (spec.forPeople) requireAccount(principal);
  // Every token may ask what it is.
  if (principal.scopes === null || spec.tag === "Session") return;
  const area = areaOf(spec);
  const writes = method !== "GET";
  if (covers(principal.scopes, { area, writes })) return;
  throw new DomainError(
    "scope_required",
    area === undefined
      ? "No token with scopes reaches this."
      : `This needs the scope ${area}:${writes ? "write" : "read"}.`,
  );
}

/** The account of whoever is signed in. Throws `account_required`. */
export function requireAccount({ account }: AdminPrincipal) {
  if (account) return account;
  throw new DomainError(
    "account_required",
    "This is about one's own account, which only somebody who is signed in has.",
  );
}

/** Throws `role_required` for who gives, takes or changes a role of the same or higher rank and is no owner. */
export function requireRank({ role }: Pick<AdminPrincipal, "role">, ...others: Role[]): void {
  const beyond = others.find((other) => !mayManage(role, other));
  if (beyond === undefined) return;
  throw new DomainError(
    "role_required",
    `Only an owner may change or make ${beyond === "owner" ? "an owner" : `a ${beyond}`}; your role is ${role}.`,
    { hints: { needs: "owner", role } },
  );
}
