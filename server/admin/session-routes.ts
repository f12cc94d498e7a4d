import type { Context } from "../context.ts";
import { adminOperation, publicOperation, Reply, type Operation } from "../http/operation.ts";
import { DomainError } from "../kernel/errors.ts";
import { requireOwnOrigin, SESSION_COOKIE, type AdminPrincipal } from "./principal.ts";
import { Session, SessionCreate, SetupLinkView, TokenCreate, TokenCreated } from "./schema.ts";
import {
  closeSession,
  createApiToken,
  createSetupLink,
  openSession,
  setupUrl,
} from "./sessions.ts";

const tag = "Session";
const sessionExample: Session = { kind: "session", expires_at: "2026-11-24T00:00:00.000Z" };

/** How a browser or a script comes in, and how it goes. */
export function sessionOperations(context: Context): readonly Operation[] {
  return [
    publicOperation(
      "POST",
      "/api/session",
      {
        operationId: "openSession",
        summary: "Open a session",
        description:
          "Opens a session of 12 hours with the token of a set-up link, which is used up by that, and sets its cookie.",
        tag,
        body: SessionCreate,
        bodyExample: { setup_token: "0000000000000000000000000000000000000000000" },
        success: {
          status: 201,
          description: "The session is open.",
          schema: Session,
          example: sessionExample,
          headers: { "set-cookie": "The session; scripts of a page cannot read it." },
        },
        problems: ["setup_link_invalid", "origin_not_allowed", "database_unavailable"],
      },
      async ({ body, request }) => {
        // Whoever has the token may open a session, but not through another site's form.
        if (request.headers.has("origin")) requireOwnOrigin(request);
        const session = await openSession(context, body.setup_token);
        return new Reply(
          { kind: "session", expires_at: session.expiresAt.toISOString() },
          {
            status: 201,
            headers: { "set-cookie": cookie(request, session.secret, session.lifetimeSeconds) },
          },
        );
      },
    ),

    adminOperation(
      "GET",
      "/api/session",
      {
        operationId: "getSession",
        summary: "Get this session",
        description: "How the caller proved itself, and until when that lasts.",
        tag,
        success: { description: "The session or token.", schema: Session, example: sessionExample },
      },
      ({ principal }) => toSession(principal),
    ),

    adminOperation(
      "DELETE",
      "/api/session",
      {
        operationId: "closeSession",
        summary: "Close this session",
        description:
          "Ends the session of this browser at once. A token cannot be closed by itself.",
        tag,
        success: { status: 204, description: "The session is closed." },
        problems: ["invalid_request"],
      },
      async ({ principal, request }) => {
        if (principal.kind !== "session") {
          throw new DomainError(
            "invalid_request",
            "Only a browser's session can be closed; this request came with a token.",
          );
        }
        await closeSession(context, principal.id);
        return new Response(null, {
          status: 204,
          headers: { "set-cookie": cookie(request, "", 0) },
        });
      },
    ),

    adminOperation(
      "POST",
      "/api/setup-links",
      {
        operationId: "createSetupLink",
        summary: "Make a set-up link",
        description: "A link that opens one session within 30 minutes.",
        tag,
        success: { status: 201, description: "The link.", schema: SetupLinkView },
      },
      async ({ request }) => {
        const link = await createSetupLink(context);
        // The address at which whoever asks has just reached this server.
        const url = setupUrl(new URL(request.url).origin, link.token);
        return new Reply({ url, expires_at: link.expiresAt.toISOString() }, { status: 201 });
      },
    ),

    adminOperation(
      "POST",
      "/api/tokens",
      {
        operationId: "createToken",
        summary: "Make an API token",
        description:
          "A bearer token of this API for scripts. It is shown this once and does not expire.",
        tag,
        body: TokenCreate,
        success: { status: 201, description: "The token.", schema: TokenCreated },
      },
      async ({ body }) => {
        const { tokenId, token } = await createApiToken(context, body);
        return new Reply({ token_id: tokenId, name: body.name, token }, { status: 201 });
      },
    ),
  ];
}

function toSession(principal: AdminPrincipal): Session {
  return {
    kind: principal.kind === "session" ? "session" : "token",
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
