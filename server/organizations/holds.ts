import type { Drizzle } from "../../db/client.ts";
import { DomainError } from "../kernel/errors.ts";
import { countHolds } from "./store.ts";

/** Makes sure, within the transaction that deletes teams, that nothing is held in their wallets. Throws `holds_open`. */
export async function requireNoHolds(
  transaction: Drizzle,
  teamIds: readonly string[],
): Promise<void> {
  const open = teamIds.length === 0 ? 0 : await countHolds(transaction, teamIds);
  if (open === 0) return;
  throw new DomainError(
    "holds_open",
    `${open === 1 ? "1 hold is" : `${open} holds are`} open: jobs or calls still run on these credits. Wait until they have ended, or end them.`,
    { hints: { open_holds: open } },
  );
}
