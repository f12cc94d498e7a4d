import type { Context } from "../context.ts";
import { DomainError } from "../kernel/errors.ts";
import { withTenantNames } from "../organizations/tenant-names.ts";
import type { FoundCallView, LiveQuery } from "./schema.ts";
import { selectCallsInFlight, selectCallsSince, selectEnded } from "./store.ts";
import { toFoundCallView } from "./view.ts";

export interface LiveOptions {
  /** Between two looks at the table. */
  pollMs: number;
  /** Between two comments while nothing happens. */
  commentMs: number;
  /** A tail ends after this long, and its client connects again with a session that is checked anew. */
  lifeMs: number;
}

export const liveDefaults: LiveOptions = { pollMs: 1_000, commentMs: 15_000, lifeMs: 15 * 60_000 };

/** Tails that one instance serves at once. */
const MOST_TAILS = 20;
/** Calls that one look reads, and calls in flight whose end is waited for. */
const MOST_CALLS = 500;
/** How long a call may take from the making of its id until another instance sees its row. */
const OVERLAP_MS = 10_000;

const encoder = new TextEncoder();
const comment = encoder.encode(": nothing new\n\n");

/** Tails that are being served by this process. */
let tails = 0;

/**
 * Calls as they begin and end, on all instances: the table is looked at again and again, since only it knows of all. States:
 * open (each pull of the client waits for a look that finds something, so a slow client is looked for less) → ended, by the
 * client, or after `lifeMs`. What comes faster than it can be shown is passed over and said so.
 * Throws `too_many_streams`.
 */
export function liveCalls(
  context: Context,
  query: LiveQuery,
  untilMs: number | undefined,
  options: LiveOptions = liveDefaults,
): ReadableStream<Uint8Array> {
  if (tails >= MOST_TAILS) {
    throw new DomainError(
      "too_many_streams",
      `This server already serves ${MOST_TAILS} live tails; close one.`,
      { retryAfterSeconds: 30 },
    );
  }
  tails += 1;
  const tail = new Tail(context, query);
  const endsAt = Math.min(performance.now() + options.lifeMs, untilMs ?? Infinity);
  let wake = () => {};
  let ended = false;
  let lastSentAt = performance.now();
  const end = () => {
    if (ended) return;
    ended = true;
    tails -= 1;
    wake();
  };
  const wait = () =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, options.pollMs);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });

  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        for (let first = !tail.started; !ended; first = false) {
          if (!first) await wait();
          if (performance.now() >= endsAt) {
            end();
            controller.close();
          }
          const frames = ended ? "" : await tail.look();
          if (ended) return;
          const silent = performance.now() - lastSentAt >= options.commentMs;
          if (frames === "" && !silent) continue;
          lastSentAt = performance.now();
          controller.enqueue(frames === "" ? comment : encoder.encode(frames));
          return;
        }
      },
      cancel: end,
    },
    { highWaterMark: 0 },
  );
}

/** What one client has been told. */
class Tail {
  started = false;
  readonly #context: Context;
  readonly #query: LiveQuery;
  /** Ids told within the overlap, by when their calls began. */
  readonly #told = new Map<string, number>();
  readonly #inFlight = new Set<string>();

  constructor(context: Context, query: LiveQuery) {
    this.#context = context;
    this.#query = query;
  }

  /** Events since the last look. A database that cannot be asked is asked again at the next. */
  async look(): Promise<string> {
    try {
      return await (this.started ? this.#changes() : this.#begin());
    } catch (error) {
      this.#context.log.debug("a live tail could not read calls", { error });
      return "";
    }
  }

  /** What is in flight when the client comes. */
  async #begin(): Promise<string> {
    const { drizzle } = this.#context.database;
    const calls = await selectCallsInFlight(drizzle, this.#filter(), MOST_CALLS);
    const views = await withTenantNames(drizzle, calls.map(toFoundCallView));
    this.started = true;
    return `retry: 1000\n\n${this.#tell(views)}`;
  }

  async #changes(): Promise<string> {
    const { drizzle } = this.#context.database;
    const since = this.#context.clock.now() - OVERLAP_MS;
    const ended = this.#inFlight.size === 0 ? [] : await selectEnded(drizzle, [...this.#inFlight]);
    const begun = await selectCallsSince(drizzle, new Date(since), this.#filter(), MOST_CALLS);
    const fresh = begun.filter(({ id }) => !this.#told.has(id));
    const passedOver = begun.length === MOST_CALLS && fresh.length === MOST_CALLS;
    for (const [id, ms] of this.#told) if (ms < since - OVERLAP_MS) this.#told.delete(id);
    // One statement for all that a look finds, and none where nothing happens.
    const found = [...fresh, ...ended].map(toFoundCallView);
    const frames = this.#tell(await withTenantNames(drizzle, found));
    return passedOver ? `${event("passed_over", {})}${frames}` : frames;
  }

  #tell(calls: readonly FoundCallView[]): string {
    let frames = "";
    for (const call of calls.toReversed()) {
      const runs = call.status === "in_flight";
      this.#told.set(call.call_id, Date.parse(call.created_at));
      if (!runs) this.#inFlight.delete(call.call_id);
      else if (this.#inFlight.size < MOST_CALLS) this.#inFlight.add(call.call_id);
      const wanted = this.#query.status === undefined || this.#query.status === call.status;
      if (wanted) frames += event(runs ? "started" : "ended", call);
    }
    return frames;
  }

  #filter() {
    return { teamId: this.#query.team, alias: this.#query.alias };
  }
}

const event = (name: string, data: unknown) => `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
