import type { Drizzle } from "../../db/client.ts";
import { DomainError } from "../kernel/errors.ts";
import { countOpenWork } from "./store.ts";
import { counted } from "../kernel/counted.ts";

/**
 * Makes sure, within the transaction that deletes teams, that none of their calls or jobs is open and nothing is held: what
 * work costs that has not ended could not be charged. Throws `holds_open`.
 */
export async function requireNoOpenWork(
  transaction: Drizzle,
  teamIds: readonly string[],
): Promise<void> {
  if (teamIds.length === 0) return;
  const { callsInFlight, openJobs, openHolds } = await countOpenWork(transaction, teamIds);
  if (callsInFlight + openJobs + openHolds === 0) return;
  throw new DomainError(
    "holds_open",
    `Still open: ${counted(callsInFlight, "call")}, ${counted(openJobs, "job")} and ${counted(openHolds, "hold")}. Wait until they have ended, or end them.`,
    { hints: { calls_in_flight: callsInFlight, open_jobs: openJobs, open_holds: openHolds } },
  );
}
