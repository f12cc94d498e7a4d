import type { Author } from "../audit/audit.ts";
import type { Context } from "../context.ts";
import { createKey } from "../keys/issue.ts";
import type { PlaygroundCall } from "./schema.ts";

const LIFETIME_MS = 10 * 60_000;
/** A key with less than this left is not begun with: a call could outlive it. */
const LEAST_LEFT_MS = 60_000;
/** What its jobs are called in lists and statements. */
const JOB_TYPE = "playground";

/** The team API, as a client reaches it. */
export interface TeamApi {
  handle(request: Request): Promise<Response>;
}

interface OpenKey {
  secret: string;
  expiresAtMs: number;
}

/**
 * Calls made by an admin in a team's name: through the team's own API with a key of the team, so that models, limits, prices and
 * the charge are those that the team meets. The key lives ten minutes, is known to this process alone and stands in the audit
 * log with whoever asked for it.
 */
export class Playground {
  readonly #context: Context;
  readonly #api: TeamApi;
  /** By admin and team. */
  readonly #keys = new Map<string, OpenKey>();

  constructor(context: Context, api: TeamApi) {
    this.#context = context;
    this.#api = api;
  }

  /** The team API's own answer: a completion with the job's billing, a stream, or a problem document. Throws `not_found` for an unknown team. */
  async call(
    input: { teamId: string; author: Author; signal: AbortSignal },
    { stream, ...call }: PlaygroundCall,
  ): Promise<Response> {
    const secret = await this.#keyOf(input.teamId, input.author);
    const path = stream ? "/api/jobs/create-and-call-stream" : "/api/jobs/create-and-call";
    return this.#api.handle(
      new Request(`http://localhost${path}`, {
        method: "POST",
        headers: { authorization: `Bearer ${secret}`, "content-type": "application/json" },
        body: JSON.stringify({ ...call, job_type: JOB_TYPE }),
        signal: input.signal,
      }),
    );
  }

  async #keyOf(teamId: string, author: Author): Promise<string> {
    const nowMs = this.#context.clock.now();
    for (const [owner, key] of this.#keys) {
      if (key.expiresAtMs - nowMs < LEAST_LEFT_MS) this.#keys.delete(owner);
    }
    const owner = `${author.actor} ${teamId}`;
    const open = this.#keys.get(owner);
    if (open) return open.secret;
    const expiresAtMs = nowMs + LIFETIME_MS;
    const { secret } = await createKey(
      this.#context,
      { teamId, name: "Playground", expiresAt: new Date(expiresAtMs) },
      author,
    );
    this.#keys.set(owner, { secret, expiresAtMs });
    return secret;
  }
}
