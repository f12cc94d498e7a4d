/**
 * What an account may do, by rank: owner > admin > billing, support > viewer. Billing and support stand beside each other: the one
 * changes money, the other the state of tenants, and neither may do the other's work.
 */
export const roles = ["owner", "admin", "billing", "support", "viewer"] as const;
export type Role = (typeof roles)[number];

/** The least role that an operation asks for. */
export type Need = Role | "billing or support";

const ranks: Readonly<Record<Role, number>> = {
  owner: 4,
  admin: 3,
  billing: 2,
  support: 2,
  viewer: 1,
};

/** Whether a role includes another: it is the same, or of higher rank. */
export function includes(role: Role, other: Role): boolean {
  return role === other || ranks[role] > ranks[other];
}

/** Whether a role may use an operation. */
export function satisfies(role: Role, need: Need): boolean {
  if (need !== "billing or support") return includes(role, need);
  return includes(role, "billing") || includes(role, "support");
}

/** The most that two roles have in common: what a token may do whose maker has become less than it. */
export function commonRole(one: Role, other: Role): Role {
  if (includes(one, other)) return other;
  return includes(other, one) ? one : "viewer";
}

/** Whether a role may give another, or change who has it: an owner any, all others only what is of lower rank than they are. */
export function mayManage(role: Role, other: Role): boolean {
  return role === "owner" || ranks[role] > ranks[other];
}
