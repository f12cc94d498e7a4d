import type { Drizzle } from "../../db/client.ts";
import { SANDBOX_ORGANIZATION } from "../../db/sandbox.ts";
import type { Context } from "../context.ts";
import { allocateWithin } from "../credits/changes.ts";
import { openWallet } from "../credits/wallet.ts";
import { insertSandbox } from "./store.ts";

/** Nobody buys them: a number to watch go down. The wallet has no limit either, so that a test never ends for want of credits. */
const CREDITS_MICROS = 1_000_000_000_000n;

const SUFFIX = ":test";

/** The id of a team's sandbox. */
export const sandboxOf = (teamId: string) => `${teamId}${SUFFIX}`;

export const isSandbox = (teamId: string) => teamId.endsWith(SUFFIX);

/** The team that a sandbox belongs to; any other team itself. */
export const accountOf = (teamId: string) =>
  isSandbox(teamId) ? teamId.slice(0, -SUFFIX.length) : teamId;

/**
 * Makes the sandbox of a team unless it has one: a team of its own that test keys work in, with jobs, wallet and usage that
 * the team's own never meet. Plan, limits and models are those of the team.
 */
export async function ensureSandbox(
  context: Context,
  transaction: Drizzle,
  teamId: string,
): Promise<void> {
  const id = sandboxOf(teamId);
  const at = new Date(context.clock.now());
  const row = { id, organizationId: SANDBOX_ORGANIZATION, testOf: teamId, at };
  if (!(await insertSandbox(transaction, row))) return;
  await openWallet(context, transaction, id, { creditLimit: null });
  await allocateWithin(context, transaction, {
    teamId: id,
    amountMicros: CREDITS_MICROS,
    actor: "system",
    reason: "test credits",
  });
}
