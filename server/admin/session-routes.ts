import { Elysia } from "elysia";
import type { Context } from "../context.ts";
import { DomainError } from "../kernel/errors.ts";
import { operation } from "./documented.ts";
import type { AdminGate } from "./gate.ts";
import { SESSION_COOKIE, type AdminPrincipal } from "./principal.ts";
import { Session, SessionCreate, SetupLinkView, TokenCreate, TokenCreated } from "./schema.ts";
import {
  closeSession,
  createApiToken,
  createSetupLink,
  openSession,
  setupUrl,
} from "./sessions.ts";

/** How a browser or a script comes in, and how it goes. */
export function sessionRoutes(context: Context, gate: AdminGate, adminUrl: () => string) {
  return new Elysia({ normalize: false })
    .post(
      "/api/session",
      async ({ body, request, set }) => {
        const session = await openSession(context, body.setup_token);
        set.headers["set-cookie"] = cookie(request, session.secret, session.lifetimeSeconds);
        set.status = 201;
        return { kind: "session" as const, expires_at: session.expiresAt.toISOString() };
      },
      {
        body: SessionCreate,
        ...operation({
          tag: "Session",
          summary: "Open a session with the token of a set-up link",
          answers: { 201: Session },
          problems: ["invalid_request", "setup_link_invalid", "origin_not_allowed"],
          open: true,
        }),
      },
    )
    .get("/api/session", ({ request }) => toSession(gate.principal(request)), {
      ...operation({ tag: "Session", summary: "Who I am", answers: { 200: Session } }),
    })
    .delete(
      "/api/session",
      async ({ request, set }) => {
        const principal = gate.principal(request);
        if (principal.kind !== "session") {
          throw new DomainError(
            "invalid_request",
            "Only a browser's session can be closed; this request came with a token.",
          );
        }
        await closeSession(context, principal.id);
        set.headers["set-cookie"] = cookie(request, "", 0);
        return new Response(null, { status: 204 });
      },
      operation({
        tag: "Session",
        summary: "Close this session",
        answers: { 204: undefined },
        problems: ["invalid_request", "origin_not_allowed"],
      }),
    )
    .post(
      "/api/setup-links",
      async ({ set }) => {
        const link = await createSetupLink(context);
        set.status = 201;
        return {
          url: setupUrl(adminUrl(), link.token),
          expires_at: link.expiresAt.toISOString(),
        };
      },
      operation({
        tag: "Session",
        summary: "Make a one-time link that opens a session",
        answers: { 201: SetupLinkView },
        problems: ["origin_not_allowed"],
      }),
    )
    .post(
      "/api/tokens",
      async ({ body, set }) => {
        const created = await createApiToken(context, body);
        set.status = 201;
        return { token_id: created.tokenId, name: body.name, token: created.token };
      },
      {
        body: TokenCreate,
        ...operation({
          tag: "Session",
          summary: "Make an API token",
          answers: { 201: TokenCreated },
          problems: ["invalid_request", "origin_not_allowed"],
        }),
      },
    );
}

function toSession(principal: AdminPrincipal) {
  return {
    kind: principal.kind === "session" ? ("session" as const) : ("token" as const),
    expires_at: principal.expiresAt?.toISOString() ?? null,
  };
}

/** Not readable by scripts, not sent along from other sites; over TLS only where the browser came over TLS. */
function cookie(request: Request, value: string, maxAgeSeconds: number): string {
  const overTls =
    new URL(request.url).protocol === "https:" ||
    request.headers.get("origin")?.startsWith("https:") === true;
  const attributes = `Path=/; HttpOnly; SameSite=Strict; Max-Age=${maxAgeSeconds}`;
  return `${SESSION_COOKIE}=${value}; ${attributes}${overTls ? "; Secure" : ""}`;
}
