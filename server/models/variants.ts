/**
 * Whose calls a target may serve. A target with a credential of an organization serves that organization's calls only, so to
 * the gateway an alias with such targets is several models: the plain one, and for each of those organizations one
 * more that has its targets beside everybody's.
 */
export interface CredentialScope {
  organizationId: string | null;
  enabled: boolean;
}

/** What the gateway calls an alias; `null` = for every organization that has no variant of its own. No alias has an `@`. */
export const gatewayName = (alias: string, organizationId: string | null) =>
  organizationId === null ? alias : `${alias}@${organizationId}`;

/** Whether a target serves the calls of an organization; null = of those without targets of their own. */
export function serves(credential: CredentialScope | null, organizationId: string | null): boolean {
  if (credential === null) return true;
  if (!credential.enabled) return false;
  return credential.organizationId === null || credential.organizationId === organizationId;
}

/** The variants that an alias has: the plain one, and those of organizations with a target in use. */
export function variantsOf(
  credentials: readonly (CredentialScope | null)[],
): readonly (string | null)[] {
  const own = credentials.flatMap((credential) =>
    credential?.enabled && credential.organizationId !== null ? [credential.organizationId] : [],
  );
  return [null, ...new Set(own)];
}
