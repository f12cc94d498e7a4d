import { requirePermission } from "../accounts/permissions.ts";
import type { AdminPrincipal } from "../accounts/principal.ts";
import { allowOrigin, isPreflight, preflight } from "./cors.ts";
import type { OriginCheck } from "../browser/origins.ts";
import { setImmediate } from "node:timers";
import { type TSchema, Type } from "@sinclair/typebox";
import { Elysia } from "elysia";
import { DomainError } from "../kernel/errors.ts";
import type { Log } from "../kernel/log.ts";
import type { NetworkBlock } from "../kernel/network.ts";
import type { TeamPrincipal } from "../keys/principal.ts";
import { requireActiveTeam } from "./bearer.ts";
import { readJsonBody } from "./body.ts";
import { clientAddress } from "./client-address.ts";
import { type Access, type Operation, Reply } from "./operation.ts";
import { problemResponse, toDomainError } from "./problem.ts";
import { openScope, type RequestScope, scopeOf } from "./request-scope.ts";
import { validated, validatedQuery } from "./validation.ts";
import { keepWritten } from "./written-body.ts";

export interface HttpAppOptions {
  operations: readonly Operation[];
  /** Who calls, by kind of operation; throws when nobody is proved. */
  authenticate: Partial<Record<Access, (request: Request) => Promise<unknown>>>;
  bodyLimitBytes: number;
  /** How long any body may take, beside what its length takes; a minute unless given. */
  bodyPatienceMs?: number;
  /** Proxies whose word on the client's address counts; absent = none. */
  trustedProxies?: readonly NetworkBlock[];
  log: Log;
  /** Pages of other origins that may use the operations; absent = none. */
  origins?: OriginCheck;
  /**
   * Answers what no operation does: pages and their files. Undefined = not found. Throws when the caller may not know.
   */
  otherwise: (request: Request) => Promise<Response | undefined>;
}

export interface HttpApp {
  /** Answers every request; never rejects. In tests: `app.handle(new Request("http://localhost/…"))`. */
  handle(request: Request, client?: { readonly address: string }): Promise<Response>;
}

/** An operation without `query` takes no parameters at all. */
const noQuery = Type.Object({}, { additionalProperties: false });

/**
 * Serves operations. Elysia routes; who calls is proved before a body is read, and a body is validated here rather than by
 * Elysia, which completes schemas by itself, coerces values and prints what it refuses.
 */
export function createHttpApp(options: HttpAppOptions): HttpApp {
  // Each handler reads its own body, so that nothing is read before the caller is known.
  const router = new Elysia({
    strictPath: true,
    normalize: false,
    // Elysia would look for the path behind the tenth character of the address, past that of the host "api".
    handler: { standardHostname: false },
  });
  for (const operation of options.operations) {
    router.route(
      operation.method,
      routePath(operation),
      ({ request, params }) => answer(options, operation, request, namedParams(operation, params)),
      { parse: "none" },
    );
  }
  // Also what has an operation for other methods only.
  router.all("/*", ({ request }) => answerOtherwise(options, request));
  router.onError({ as: "global" }, ({ error, request, set }) => {
    const response = refuse(options, request, error);
    set.status = response.status;
    return response;
  });
  return { handle: (request, client) => serve(options, router, request, client) };
}

const lastName = /:(\w+)$/;

const routePath = ({ path, spec }: Operation) =>
  spec.restOfPath ? path.replace(lastName, "*") : path;

function namedParams({ path, spec }: Operation, params: Record<string, string>) {
  const name = spec.restOfPath ? lastName.exec(path)?.[1] : undefined;
  return name === undefined ? params : { ...params, [name]: unescaped(params["*"] ?? "") };
}

/** Elysia reads the escapes of named segments only. Those that cannot be read stand as they came. */
function unescaped(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

async function serve(
  options: HttpAppOptions,
  router: { handle(request: Request): Response | Promise<Response> },
  request: Request,
  client: { readonly address: string } | undefined,
): Promise<Response> {
  const { trustedProxies = [] } = options;
  const scope = openScope(request, () =>
    clientAddress(client?.address ?? null, request.headers.get("x-forwarded-for"), trustedProxies),
  );
  let response: Response;
  try {
    requireHost(request);
    response = isPreflight(request) ? preflight(request) : await router.handle(request);
  } catch (error) {
    response = refuse(options, request, error);
  }
  const { headers } = response;
  headers.set("x-request-id", scope.requestId);
  headers.set("x-content-type-options", "nosniff");
  if (!headers.has("cache-control")) headers.set("cache-control", "no-store");
  if (options.origins) await allowOrigin(options.origins, request, headers);
  // After the answer is on its way: nobody waits for a line of the log.
  const ms = Math.round((performance.now() - scope.startedMs) * 10) / 10;
  const { method } = request;
  setImmediate(() => logRequest(options.log, scope, { method, status: response.status, ms }));
  return response;
}

function logRequest(
  log: Log,
  scope: RequestScope,
  { method, status, ms }: { method: string; status: number; ms: number },
): void {
  const level = scope.route === undefined || quietRoutes.has(scope.route) ? "debug" : "info";
  log[level]("request", {
    method,
    route: scope.route,
    status,
    ms,
    request_id: scope.requestId,
    ...(scope.teamId === undefined ? {} : { team_id: scope.teamId }),
  });
}

/** Everything below reads the address as a URL, of which the header Host is a part. */
function requireHost(request: Request): void {
  if (URL.canParse(request.url)) return;
  throw new DomainError(
    "host_invalid",
    "The header Host is not a host name or address with an optional port.",
  );
}

/** Asked every few seconds by whoever watches the server. */
const quietRoutes: ReadonlySet<string> = new Set(["/healthz", "/readyz", "/health"]);

/** Most requests have none, and an address is costly to take apart. */
const queryOf = (url: string) =>
  url.includes("?") ? new URL(url).searchParams : new URLSearchParams();

async function answer(
  options: HttpAppOptions,
  operation: Operation,
  request: Request,
  params: Record<string, string>,
): Promise<Response> {
  const { spec, access } = operation;
  const scope = scopeOf(request);
  scope.route = operation.path;
  try {
    const principal = await options.authenticate[access]?.(request);
    if (access === "team") requireForBrowsers(principal as TeamPrincipal, spec);
    if (access === "admin") requirePermission(principal as AdminPrincipal, operation);
    if (spec.startsWork) requireActiveTeam(principal as TeamPrincipal);
    const query = validatedQuery(spec.query ?? noQuery, queryOf(request.url));
    const body = spec.body && (await bodyOf(options, operation, spec.body, request));
    const { requestId } = scope;
    const result = await operation.handle({ principal, params, query, body, request, requestId });
    return toResponse(result, spec.success.status ?? 200);
  } catch (error) {
    return refuse(options, request, error);
  }
}

/** Throws `browser_token_refused` where a key is needed. */
function requireForBrowsers({ browser }: TeamPrincipal, { forBrowsers }: Operation["spec"]): void {
  if (browser === undefined || forBrowsers) return;
  throw new DomainError(
    "browser_token_refused",
    "A browser token makes calls in its job and opens nothing else.",
  );
}

async function bodyOf(
  { bodyLimitBytes, bodyPatienceMs }: HttpAppOptions,
  { access }: Operation,
  schema: TSchema,
  request: Request,
): Promise<unknown> {
  const always = access === "admin";
  const limits = { bytes: bodyLimitBytes, patienceMs: bodyPatienceMs };
  const read = await readJsonBody(request, limits, (body) => keepWritten(schema, body, { always }));
  return validated(schema, read);
}

function toResponse(result: unknown, status: number): Response {
  if (result instanceof Response) return result;
  const reply = result instanceof Reply ? result : new Reply(result);
  if (reply.body === undefined) {
    return new Response(null, { status: reply.status ?? status, headers: { ...reply.headers } });
  }
  return new Response(JSON.stringify(reply.body), {
    status: reply.status ?? status,
    headers: { "content-type": "application/json", ...reply.headers },
  });
}

async function answerOtherwise(options: HttpAppOptions, request: Request): Promise<Response> {
  try {
    const other = await options.otherwise(request);
    if (other) return other;
    const methods = methodsOf(options.operations, new URL(request.url).pathname);
    if (methods.length === 0) throw new DomainError("not_found", "There is nothing at this path.");
    const response = refuse(
      options,
      request,
      new DomainError("method_not_allowed", `This path takes ${methods.join(", ")}.`),
    );
    response.headers.set("allow", methods.join(", "));
    return response;
  } catch (error) {
    return refuse(options, request, error);
  }
}

/** The methods of the operations at a path: `/api/jobs/create` is no job, though `/api/jobs/:job_id` fits it. */
function methodsOf(operations: readonly Operation[], pathname: string): string[] {
  const segments = pathname.split("/");
  const matches = ({ path, spec }: Operation) => {
    const pattern = path.split("/");
    return (
      (spec.restOfPath ? pattern.length <= segments.length : pattern.length === segments.length) &&
      pattern.every((part, index) =>
        part.startsWith(":") ? segments[index] !== "" : part === segments[index],
      )
    );
  };
  const fitting = operations.filter(matches);
  const fewest = Math.min(...fitting.map(namesIn));
  return fitting.filter((one) => namesIn(one) === fewest).map(({ method }) => method);
}

const namesIn = ({ path }: Operation) => path.split(":").length - 1;

function refuse(options: HttpAppOptions, request: Request, thrown: unknown): Response {
  const error = toDomainError(thrown);
  const { requestId, route } = scopeOf(request);
  if (error.code === "internal_error") {
    options.log.error("a request failed unexpectedly", {
      request_id: requestId,
      route,
      error: error.cause ?? error,
    });
  } else if (error.cause !== undefined) {
    options.log.debug("a request was refused", {
      request_id: requestId,
      code: error.code,
      error: error.cause,
    });
  }
  // Not parsed: that it cannot be is one of the reasons to refuse.
  const openAi = /^(?:https?:\/\/[^/]*)?\/v1\//.test(request.url);
  return problemResponse(error, { requestId, openAi });
}
