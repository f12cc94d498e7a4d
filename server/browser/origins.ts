import { ConfigCache } from "../config-cache.ts";
import type { Context } from "../context.ts";
import { DomainError } from "../kernel/errors.ts";
import type { TeamPrincipal } from "../keys/principal.ts";
import { selectOrigins } from "./store.ts";

/** Which pages may use the API at all: a browser asks before it sends a key. */
export interface OriginCheck {
  /** Whether any key may be used from the origin. */
  allows(origin: string): Promise<boolean>;
}

/** The origins of all keys, in memory until keys change. */
export class Origins implements OriginCheck {
  readonly #context: Context;
  readonly #known: ConfigCache<ReadonlySet<string>>;

  constructor(context: Context) {
    this.#context = context;
    this.#known = new ConfigCache({ changes: context.changes, kinds: ["keys"], capacity: 1 });
  }

  async allows(origin: string): Promise<boolean> {
    const { drizzle } = this.#context.database;
    const known = await this.#known.get("all", async () => new Set(await selectOrigins(drizzle)));
    return known.has(origin);
  }

  /** Stops listening for changes; twice is fine. */
  stop(): void {
    this.#known.stop();
  }
}

/**
 * Throws `origin_not_allowed` for a page from which this key may not be used. Requests of servers carry no origin; those of our
 * own pages carry that of the server.
 */
export function requireOrigin(principal: TeamPrincipal, request: Request): void {
  const { allowedOrigins, browser } = principal;
  if (browser === undefined && allowedOrigins.length === 0) return;
  const origin = request.headers.get("origin");
  if (browser ? origin === browser.origin : origin === null) return;
  if (!browser && (allowedOrigins.includes(origin!) || isOwn(origin!, request))) return;
  throw new DomainError(
    "origin_not_allowed",
    origin === null
      ? `This token may be used from pages of ${browser!.origin} only, and the request names no origin.`
      : `This key may not be used from pages of ${origin}.`,
  );
}

function isOwn(origin: string, request: Request): boolean {
  return URL.canParse(origin) && new URL(origin).host === new URL(request.url).host;
}

/** The origins as they are compared; throws `invalid_request` naming the first that is none. */
export function requireOrigins(origins: readonly string[]): string[] {
  return [
    ...new Set(
      origins.map((given) => {
        const url = URL.canParse(given) ? new URL(given) : undefined;
        if (url && /^https?:$/.test(url.protocol) && url.origin === given.toLowerCase()) {
          return url.origin;
        }
        const message = `allowed_origins names ${JSON.stringify(given)}; an origin is a scheme, a host and at most a port, such as https://app.example.com.`;
        throw new DomainError("invalid_request", message, {
          hints: { field: "allowed_origins", errors: [{ field: "allowed_origins", message }] },
        });
      }),
    ),
  ];
}
