/** What a request says of the cache, by its header `cache-control`. */
export interface CacheDirectives {
  /** A stored answer will do. */
  read: boolean;
  /** The answer may be stored. */
  store: boolean;
  /** The oldest stored answer that will do, in seconds; undefined = as old as the alias allows. */
  maxAgeSeconds: number | undefined;
}

export const noDirectives: CacheDirectives = { read: true, store: true, maxAgeSeconds: undefined };

/**
 * As HTTP says it (RFC 9111): `no-store` = neither read nor store; `no-cache` = a fresh answer, stored anew; `max-age=N` = none
 * older than N seconds, so that 0 is a fresh one. Everything else in the header means nothing here.
 */
export function readDirectives(header: string | null): CacheDirectives {
  if (header === null) return noDirectives;
  const directives = header.split(",").map((part) => part.trim().toLowerCase());
  if (directives.includes("no-store")) return { ...noDirectives, read: false, store: false };
  const maxAgeSeconds = smallest(directives);
  const fresh = directives.includes("no-cache") || maxAgeSeconds === 0;
  return { read: !fresh, store: true, maxAgeSeconds };
}

function smallest(directives: readonly string[]): number | undefined {
  const ages = directives.flatMap((directive) => {
    const seconds = /^max-age="?(\d{1,15})"?$/.exec(directive)?.[1];
    return seconds === undefined ? [] : [Number(seconds)];
  });
  return ages.length === 0 ? undefined : Math.min(...ages);
}
