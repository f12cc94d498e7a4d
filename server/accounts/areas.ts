/** What API tokens can be limited to. Each operation belongs to the area of its heading in the document. */
export const areas = [
  "tenants",
  "money",
  "models",
  "jobs",
  "reports",
  "platform",
  "accounts",
] as const;
export type Area = (typeof areas)[number];
/** `tenants:write` includes `tenants:read`. */
export type Scope = `${Area}:${"read" | "write"}`;

const areaOfTag: Readonly<Record<string, Area>> = {
  Organizations: "tenants",
  Teams: "tenants",
  Keys: "tenants",
  Wallets: "money",
  "Top-up codes": "money",
  Plans: "money",
  Budgets: "money",
  Models: "models",
  Gateway: "models",
  "Provider credentials": "models",
  "Model access groups": "models",
  Jobs: "jobs",
  Calls: "jobs",
  Playground: "jobs",
  Analytics: "reports",
  Notices: "reports",
  Status: "platform",
  Settings: "platform",
  Audit: "accounts",
  Accounts: "accounts",
  "API tokens": "accounts",
};

/** The area of an operation; undefined = no token with scopes reaches it. */
export const areaOf = ({ tag }: { tag: string }): Area | undefined => areaOfTag[tag];

/** Whether scopes cover a request. */
export function covers(
  scopes: readonly Scope[],
  { area, writes }: { area: Area | undefined; writes: boolean },
): boolean {
  if (area === undefined) return false;
  return scopes.includes(`${area}:write`) || (!writes && scopes.includes(`${area}:read`));
}
