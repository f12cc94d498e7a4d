import { endpoints, type Endpoint } from "./answers.ts";
import {
  newCounters,
  Occurrences,
  type Counters,
  type LoopbackEvent,
  type SeenRequest,
} from "./counters.ts";
import { Exchange } from "./exchange.ts";
import { Gates } from "./gates.ts";
import { costMap, defaultPrice, type StandInPrice } from "./gateway.ts";
import type { Body } from "./prompt.ts";
import { refusal } from "./refusal.ts";
import { readScript, type Script, ScriptError } from "./script.ts";

export interface LoopbackOptions {
  /** Stands in for LiteLLM: adds its headers and `usage.cost`. Default false: a plain provider. */
  gateway?: boolean;
  /** What the stand-in reports as cost; 1 and 2 USD per million tokens by default. */
  price?: StandInPrice;
  /** Bearer key without which it answers 401; by default any key will do, also none. */
  apiKey?: string;
  /** What `/v1/models` lists; any model is answered. */
  models?: readonly string[];
  /** What a model of a name does; then texts script nothing. */
  scriptOf?: (model: string) => Script;
  /** How many of the last requests are kept to look at; 100 by default, 0 for none. */
  keptRequests?: number;
}

/**
 * A model provider that answers from the request alone, compatible with OpenAI: chat, embeddings and responses, plain and
 * streamed, `/v1/models`; as a stand-in for LiteLLM also `/health/liveliness` and `/public/litellm_model_cost_map`.
 * A request scripts its answer, see `script.ts`, where only `status_times` looks at what came before; without a script the reply follows from the text, see `usage.ts`.
 * `GET /__loopback/counters` and `POST /__loopback/release?gate=…` serve whoever drives it from another process.
 * Web standard only, no I/O of its own: `start.ts` puts it on a port.
 */
export interface LoopbackProvider {
  fetch(request: Request): Promise<Response>;
  readonly counters: Counters;
  /** The last requests for an answer, newest last. */
  readonly requests: readonly SeenRequest[];
  /** The next event: a request arrived, waits at its gate, ended, or its client left. */
  once(event: LoopbackEvent): Promise<SeenRequest>;
  /** Resolves when the counters satisfy a condition. */
  until(condition: (counters: Counters) => boolean): Promise<void>;
  /** Opens a gate for requests scripted with `hold`, those that come later too. */
  release(gate: string): void;
  /** Sets the counters to 0, forgets the requests, lets held ones go and closes all gates. */
  reset(): void;
}

export function createLoopbackProvider(options: LoopbackOptions = {}): LoopbackProvider {
  return new Provider(options);
}

class Provider implements LoopbackProvider {
  readonly counters = newCounters();
  readonly requests: SeenRequest[] = [];
  readonly #occurrences = new Occurrences();
  readonly #gates = new Gates();
  /** How often a text with `status_times` was refused. */
  readonly #refusals = new Map<string, number>();
  readonly #options: LoopbackOptions;
  readonly #price: StandInPrice;
  #number = 0;

  constructor(options: LoopbackOptions) {
    this.#options = options;
    this.#price = options.price ?? defaultPrice;
  }

  once(event: LoopbackEvent) {
    return this.#occurrences.once(event);
  }

  until(condition: (counters: Counters) => boolean) {
    return this.#occurrences.until(() => condition(this.counters));
  }

  release(gate: string): void {
    this.#gates.release(gate);
  }

  reset(): void {
    const { inFlight, held } = this.counters;
    Object.assign(this.counters, newCounters(), { inFlight, held, peakInFlight: inFlight });
    this.requests.length = 0;
    this.#gates.reset();
    this.#refusals.clear();
  }

  async fetch(request: Request): Promise<Response> {
    const path = pathOf(request.url);
    if (request.method === "GET") return this.#look(path);
    if (path === "/__loopback/release") {
      this.release(new URL(request.url).searchParams.get("gate") ?? "");
      return new Response(null, { status: 204 });
    }
    const endpoint = endpoints[path];
    if (request.method !== "POST" || !endpoint) return refusal(404);
    const seen = { path, headers: request.headers, body: await request.text() };
    this.#keep(seen);
    const around = {
      counters: this.counters,
      occurrences: this.#occurrences,
      gates: this.#gates,
    };
    const exchange = new Exchange(around, seen, request.signal);
    try {
      return await this.#answer(exchange, endpoint);
    } catch (error) {
      exchange.end();
      if (!(error instanceof ScriptError)) throw error;
      return refusal(400, { error_message: error.message });
    }
  }

  async #answer(exchange: Exchange, endpoint: Endpoint): Promise<Response> {
    if (!this.#admits(exchange.seen.headers)) return ended(exchange, refusal(401));
    const body = bodyOf(exchange.seen.body);
    if (!body) return ended(exchange, refusal(400, { error_message: "The body is not JSON." }));
    const prompt = endpoint.promptOf(body);
    const model = typeof body.model === "string" ? body.model : "loopback-chat";
    const script = this.#options.scriptOf?.(model) ?? readScript(prompt.last);
    await exchange.pause(script.latency_ms ?? 0);
    const early = body.stream !== true || (script.hold_after_chunks ?? 0) === 0;
    if (script.hold !== undefined && early) await exchange.hold(script.hold);
    if (script.status !== undefined && this.#refuses(prompt.last, script))
      return ended(exchange, refusal(script.status, script));
    this.#number += 1;
    const identity = {
      number: this.#number,
      createdSeconds: Math.floor(Date.now() / 1000),
      model,
    };
    const price = this.#options.gateway ? this.#price : undefined;
    return endpoint.answer({ exchange, body, prompt, script, identity, price });
  }

  #refuses(text: string, { status_times: times }: Script): boolean {
    if (times === undefined) return true;
    const before = this.#refusals.get(text) ?? 0;
    this.#refusals.set(text, before + 1);
    return before < times;
  }

  #look(path: string): Response {
    switch (path) {
      case "/models":
        return Response.json({
          object: "list",
          data: (this.#options.models ?? ["loopback-chat", "loopback-embedding"]).map((id) => ({
            id,
            object: "model",
            created: 1_700_000_000,
            owned_by: "loopback",
          })),
        });
      case "/health/liveliness":
        return Response.json("I'm alive!");
      case "/public/litellm_model_cost_map":
        return Response.json(costMap(this.#price));
      case "/__loopback/counters":
        return Response.json(this.counters);
      default:
        return refusal(404);
    }
  }

  #admits(headers: Headers): boolean {
    const { apiKey } = this.#options;
    return apiKey === undefined || headers.get("authorization") === `Bearer ${apiKey}`;
  }

  #keep(seen: SeenRequest): void {
    const most = this.#options.keptRequests ?? 100;
    if (most === 0) return;
    this.requests.push(seen);
    if (this.requests.length > most) this.requests.shift();
  }
}

/** The path without its query and without `/v1`, which some clients put into the base URL and some do not. */
function pathOf(url: string): string {
  const start = url.indexOf("/", url.indexOf("://") + 3);
  const end = url.indexOf("?", start);
  const path = start < 0 ? "/" : url.slice(start, end < 0 ? undefined : end);
  return path.startsWith("/v1/") ? path.slice(3) : path;
}

function bodyOf(text: string): Body | undefined {
  try {
    const body: unknown = JSON.parse(text);
    return typeof body === "object" && body !== null ? (body as Body) : undefined;
  } catch {
    return undefined;
  }
}

function ended(exchange: Exchange, answer: Response): Response {
  exchange.end();
  return answer;
}
