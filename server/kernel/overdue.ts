import { setImmediate } from "node:timers";

/**
 * Runs the work after so long, and after what waits in sockets was read: a busy process finds a timer over before it has
 * read what came long ago. Node and Deno read between a timer and the immediates it asks for; Bun runs these first and
 * reads before the next ones, hence two turns. `clearTimeout` holds the work off only until the time is over.
 */
export const whenOverdue = (work: () => void, ms: number): ReturnType<typeof setTimeout> =>
  setTimeout(() => setImmediate(() => setImmediate(work)), ms);
