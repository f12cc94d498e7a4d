import { uuidV7 } from "../kernel/ids.ts";

/** What belongs to one request, from its arrival to its log line. */
export interface RequestScope {
  /** The client's own `x-request-id` when it is a sane one, else a new UUIDv7. Stands on the answer and in every log line. */
  readonly requestId: string;
  readonly startedMs: number;
  /** Network address of who sent it, as trusted proxies tell it; null where there is no connection. */
  readonly address: string | null;
  /** The path's pattern, once it is routed; the log never holds the path itself, which may carry anything. */
  route: string | undefined;
  /** Who sent it, once that is known. */
  teamId: string | undefined;
  /** Of its body, as they were read, whatever its headers say; 0 before. */
  bodyBytes: number;
}

const saneRequestId = /^[A-Za-z0-9][A-Za-z0-9._:/+=@-]{0,127}$/;

const scopes = new WeakMap<Request, RequestScope>();

/** The address is asked for at its first use: few requests need it. */
export function openScope(
  request: Request,
  findAddress: () => string | null = () => null,
): RequestScope {
  let address: string | null | undefined;
  const given = request.headers.get("x-request-id");
  const scope: RequestScope = {
    requestId: given !== null && saneRequestId.test(given) ? given : uuidV7(Date.now()),
    startedMs: performance.now(),
    get address() {
      if (address === undefined) address = findAddress();
      return address;
    },
    route: undefined,
    teamId: undefined,
    bodyBytes: 0,
  };
  scopes.set(request, scope);
  return scope;
}

export function scopeOf(request: Request): RequestScope {
  return scopes.get(request) ?? openScope(request);
}
