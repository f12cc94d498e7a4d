import type { Static, TSchema } from "@sinclair/typebox";
import type { AdminPrincipal } from "../accounts/principal.ts";
import type { Need } from "../accounts/roles.ts";
import type { ErrorCode } from "../kernel/errors.ts";
import type { TeamPrincipal } from "../keys/principal.ts";

/** The names in a path: `"/api/jobs/:job_id/calls"` → `"job_id"`. */
type PathNames<Path extends string> = Path extends `${string}:${infer Name}/${infer Rest}`
  ? Name | PathNames<`/${Rest}`>
  : Path extends `${string}:${infer Name}`
    ? Name
    : never;

/** What a handler gets. The caller is known, and body and query are what their schemas say. */
export interface OperationInput<Principal, Path extends string, Body, Query> {
  principal: Principal;
  params: Record<PathNames<Path>, string>;
  body: Body;
  query: Query;
  /** For headers and the abort signal; its body has been read. */
  request: Request;
  requestId: string;
}

/**
 * One endpoint, said once: what it validates, what its document says, and what it may answer.
 *
 * Examples come from the schemas' own `examples` (the first one), or from `example` here. Redocly checks in the tests that they fit. The problems
 * that every operation of its kind can give (key, body, idempotency, 500 …) are added by themselves; `problems` names the
 * rest. Unknown query parameters are refused. Without `body` the body is not read.
 */
export interface OperationSpec<Path extends string, Body extends TSchema, Query extends TSchema> {
  operationId: string;
  /** A few words, imperative, without a full stop. */
  summary: string;
  /** Markdown: what it does and what to know, for who integrates it. */
  description: string;
  /** A heading of the page. */
  tag: string;
  /** Every name of the path, with description and example. */
  params?: Record<PathNames<Path>, TSchema>;
  /** Its last name takes all that is left of the path, slashes included. */
  restOfPath?: boolean;
  /** An object; reject unknown fields with `additionalProperties: false`. */
  body?: Body;
  /** Of the body, when its schema has none. */
  bodyExample?: unknown;
  /** An object of texts, numbers and booleans, with `additionalProperties: false`. */
  query?: Query;
  /** Request headers that the handler reads itself, by name in lower case. */
  headers?: Readonly<Record<string, TSchema>>;
  success: SuccessSpec;
  /** Takes `Idempotency-Key`; the handler claims and replays. */
  idempotent?: boolean;
  /** Starts new work: refused to a paused team. */
  startsWork?: boolean;
  /** Also with a browser token. */
  forBrowsers?: boolean;
  problems?: readonly ErrorCode[];
}

/** An admin's operation says who may use it: one that does not is no program. */
export interface AdminOperationSpec<
  Path extends string,
  Body extends TSchema,
  Query extends TSchema,
> extends OperationSpec<Path, Body, Query> {
  /** The least role, of sessions and tokens. */
  needs: Need;
  /** Only for a person: of tokens, scoped or not, nobody's own account is known. */
  forPeople?: boolean;
}

export interface SuccessSpec {
  /** 200 when absent. */
  status?: number;
  description: string;
  /** Absent = no body. */
  schema?: TSchema;
  example?: unknown;
  /** `application/json` when absent. */
  mediaType?: string;
  /** Response headers, by name in lower case. */
  headers?: Readonly<Record<string, string>>;
  /** Other statuses with the same body, each with its description. */
  elsewhere?: Readonly<Record<number, string>>;
  /** Another form of the same answer, such as a stream. */
  also?: { mediaType: string; schema: TSchema; example: unknown };
}

/** An answer with a status or headers of its own. A handler may also return the plain body, or a whole `Response`. */
export class Reply {
  readonly body: unknown;
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    body: unknown,
    options: { status?: number; headers?: Readonly<Record<string, string>> } = {},
  ) {
    this.body = body;
    this.status = options.status;
    this.headers = options.headers ?? {};
  }
}

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** Who may call an operation: a team by its key, an admin by session or token, or anybody. */
export type Access = "team" | "admin" | "public";

/** An operation whose types have been checked where it was written. */
export interface Operation {
  readonly method: Method;
  readonly path: string;
  readonly access: Access;
  readonly spec: OperationSpec<string, TSchema, TSchema> &
    Partial<Pick<AdminOperationSpec<string, TSchema, TSchema>, "needs" | "forPeople">>;
  readonly handle: (input: OperationInput<unknown, string, unknown, unknown>) => unknown;
}

type Handler<Principal, Path extends string, Body extends TSchema, Query extends TSchema> = (
  input: OperationInput<Principal, Path, Static<Body>, Static<Query>>,
) => unknown;

function operationFor<Principal>(access: Access) {
  return <
    const Path extends string,
    Body extends TSchema = TSchema,
    Query extends TSchema = TSchema,
  >(
    method: Method,
    path: Path,
    spec: OperationSpec<Path, Body, Query>,
    handle: Handler<Principal, Path, Body, Query>,
  ): Operation => ({
    method,
    path,
    access,
    spec,
    handle: handle as Operation["handle"],
  });
}

/** `teamOperation("GET", "/api/jobs/:job_id", { … }, async ({ principal, params }) => …)`: with a virtual key. */
export const teamOperation = operationFor<TeamPrincipal>("team");
/** Without proof of who calls. */
export const publicOperation = operationFor<undefined>("public");

/** With an admin session or token of the role that it needs. */
export const adminOperation: <
  const Path extends string,
  Body extends TSchema = TSchema,
  Query extends TSchema = TSchema,
>(
  method: Method,
  path: Path,
  spec: AdminOperationSpec<Path, Body, Query>,
  handle: Handler<AdminPrincipal, Path, Body, Query>,
) => Operation = operationFor<AdminPrincipal>("admin");
