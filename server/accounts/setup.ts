import { recordAudit } from "../audit/audit.ts";
import type { Context } from "../context.ts";
import { DomainError } from "../kernel/errors.ts";
import { uuidV7 } from "../kernel/ids.ts";
import { sha256 } from "../kernel/sealing.ts";
import { hasSetupLink, insertSetupLink, useSetupLink } from "./link-store.ts";
import { type Link, newSecret } from "./links.ts";
import { hashPassword } from "./passwords.ts";
import { deleteOutdated } from "./session-store.ts";
import { authorAt, type OpenedSession, openSession, type Visit } from "./sessions.ts";
import { countOwners, insertAccount, lockAccounts } from "./store.ts";
import { toAuditState } from "./views.ts";

const LINK_LIFETIME_MS = 30 * 60_000;

export interface Person {
  email: string;
  name: string;
  password: string;
}

/** Whether anybody may sign in who can do everything. */
export const hasOwner = async (context: Context): Promise<boolean> =>
  (await countOwners(context.database.drizzle)) > 0;

/**
 * Makes a one-time link at which the first owner is created; it is good for 30 minutes. Only its hash is stored. Throws
 * `setup_done`.
 */
export async function createSetupLink(context: Context): Promise<Link> {
  if (await hasOwner(context)) throw setupDone();
  const now = context.clock.now();
  const token = newSecret();
  const expiresAt = new Date(now + LINK_LIFETIME_MS);
  await deleteOutdated(context.database.drizzle, new Date(now));
  await insertSetupLink(context.database.drizzle, {
    ...{ tokenHash: sha256(token), createdAt: new Date(now), expiresAt },
  });
  return { token, expiresAt };
}

/** Makes the first owner and signs them in. Throws `setup_link_invalid`, `setup_done`; of many at once, one succeeds. */
export async function setUp(
  context: Context,
  { setupToken, person, visit }: { setupToken: string; person: Person; visit: Visit },
): Promise<OpenedSession> {
  const at = new Date(context.clock.now());
  const tokenHash = sha256(setupToken);
  // Asked before as well, so that nobody makes us compute password hashes for nothing.
  if (!(await hasSetupLink(context.database.drizzle, tokenHash, at))) throw setupLinkInvalid();
  const passwordHash = await hashPassword(person.password);
  return context.database.drizzle.transaction(async (transaction) => {
    await lockAccounts(transaction);
    if ((await countOwners(transaction)) > 0) throw setupDone();
    if (!(await useSetupLink(transaction, tokenHash, at))) throw setupLinkInvalid();
    const account = await insertAccount(transaction, {
      ...{ id: uuidV7(at.getTime()), email: person.email, name: person.name },
      ...{ role: "owner", passwordHash, createdAt: at },
    });
    await recordAudit(transaction, at, authorAt(visit, account.id), {
      action: "account.create",
      subject: { kind: "account", id: account.id },
      before: null,
      after: toAuditState(account),
    });
    return openSession(transaction, at, { accountId: account.id, visit });
  });
}

const setupDone = () =>
  new DomainError(
    "setup_done",
    "There is an owner already: sign in, or have a new password set with the command `admin reset`.",
  );

const setupLinkInvalid = () =>
  new DomainError(
    "setup_link_invalid",
    "This set-up link is not known, has expired or was used; the command `admin setup-url` makes another.",
  );
