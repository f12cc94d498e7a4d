import { authorOf } from "../audit/audit.ts";
import type { Context } from "../context.ts";
import { adminOperation, publicOperation, Reply, type Operation } from "../http/operation.ts";
import type { ErrorCode } from "../kernel/errors.ts";
import { acceptInvitation, readInvitation, setPassword } from "./invitations.ts";
import { linkUrl } from "./links.ts";
import { type AdminPrincipal, requireOwnOrigin } from "./principal.ts";
import type { Role } from "./roles.ts";
import {
  InvitationAccept,
  InvitedView,
  LinkRead,
  LinkView,
  PasswordSet,
  Session,
  SetUp,
  SetupState,
  SignIn,
} from "./schema.ts";
import { closeSession, type OpenedSession, sessionCookie, visitOf } from "./sessions.ts";
import { createSetupLink, hasOwner, setUp } from "./setup.ts";
import { signIn } from "./sign-in.ts";

const tag = "Session";

const opened = {
  status: 204,
  description: "The session of 12 hours is open.",
  headers: { "set-cookie": "The session; scripts of a page cannot read it." },
};
const problems: readonly ErrorCode[] = [
  "origin_not_allowed",
  "too_many_attempts",
  "database_unavailable",
];

/** Whoever has the proof may come in, but not through another site's form. */
function fromHere(request: Request): void {
  if (request.headers.has("origin")) requireOwnOrigin(request);
}

const cookieReply = (request: Request, { secret }: OpenedSession) =>
  new Response(null, { status: 204, headers: { "set-cookie": sessionCookie(request, secret) } });

/** How a browser or a script comes in, and how it goes. */
export function accessOperations(context: Context): readonly Operation[] {
  return [...ownSession(context), ...setUpOperations(context), ...linkOperations(context)];
}

function ownSession(context: Context): readonly Operation[] {
  return [
    publicOperation(
      "POST",
      "/api/session",
      {
        operationId: "signIn",
        summary: "Sign in",
        description:
          "Opens a session with e-mail, password and, where a second factor is on, a code. A session that the browser had before ends. After 10 failures of an account or 50 of an address nobody gets in there for 15 minutes.",
        tag,
        body: SignIn,
        success: opened,
        problems: ["sign_in_failed", "second_factor_required", ...problems],
      },
      async ({ body, request }) => {
        fromHere(request);
        return cookieReply(request, await signIn(context, body, visitOf(request)));
      },
    ),

    adminOperation(
      "GET",
      "/api/session",
      {
        operationId: "getSession",
        needs: "viewer",
        summary: "Get this session",
        description: "Who the caller is, what they may do, and until when that lasts.",
        tag,
        success: { description: "The session or token.", schema: Session },
      },
      ({ principal }) => toSession(principal),
    ),

    adminOperation(
      "DELETE",
      "/api/session",
      {
        operationId: "closeSession",
        needs: "viewer",
        forPeople: true,
        summary: "Sign out",
        description:
          "Ends the session of this browser at once. A token cannot be closed by itself.",
        tag,
        success: { status: 204, description: "The session is closed." },
      },
      async (input) => {
        const { principal, request } = input;
        await closeSession(context, authorOf(input), principal.id);
        return new Response(null, {
          status: 204,
          headers: { "set-cookie": sessionCookie(request, "") },
        });
      },
    ),
  ];
}

function setUpOperations(context: Context): readonly Operation[] {
  return [
    publicOperation(
      "GET",
      "/api/setup",
      {
        operationId: "getSetup",
        summary: "Get whether there is an owner",
        description: "What a page shows to whoever is not signed in depends on it.",
        tag,
        success: { description: "Whether there is one.", schema: SetupState },
        problems: ["database_unavailable"],
      },
      async () => ({ owner_exists: await hasOwner(context) }),
    ),

    publicOperation(
      "POST",
      "/api/setup",
      {
        operationId: "setUp",
        summary: "Create the first owner",
        description:
          "With the token of a set-up link, which is used up by that, and signs them in.",
        tag,
        body: SetUp,
        success: opened,
        problems: ["setup_link_invalid", "setup_done", ...problems],
      },
      async ({ body, request }) => {
        fromHere(request);
        const { setup_token: setupToken, ...person } = body;
        const visit = visitOf(request);
        return cookieReply(request, await setUp(context, { setupToken, person, visit }));
      },
    ),

    adminOperation(
      "POST",
      "/api/setup-links",
      {
        operationId: "createSetupLink",
        needs: "owner",
        summary: "Make a set-up link",
        description: "A link that makes the first owner within 30 minutes.",
        tag: "Accounts",
        success: { status: 201, description: "The link.", schema: LinkView },
        problems: ["setup_done"],
      },
      async ({ request }) => {
        const link = await createSetupLink(context);
        // The address at which whoever asks has just reached this server.
        const url = linkUrl(new URL(request.url).origin, "setup", link.token);
        return new Reply({ url, expires_at: link.expiresAt.toISOString() }, { status: 201 });
      },
    ),
  ];
}

function linkOperations(context: Context): readonly Operation[] {
  return [
    publicOperation(
      "POST",
      "/api/invitation",
      {
        operationId: "readInvitation",
        summary: "Read an invitation",
        description: "Whom the link invites, and to which role.",
        tag,
        body: LinkRead,
        success: { description: "The invitation.", schema: InvitedView },
        problems: ["link_invalid", "database_unavailable"],
      },
      async ({ body }): Promise<InvitedView> => {
        const { email, role, expiresAt } = await readInvitation(context, body.token);
        return { email, role: role as Role, expires_at: expiresAt.toISOString() };
      },
    ),

    publicOperation(
      "POST",
      "/api/invitation/accept",
      {
        operationId: "acceptInvitation",
        summary: "Accept an invitation",
        description: "Makes the account, once, and signs it in.",
        tag,
        body: InvitationAccept,
        success: opened,
        problems: ["link_invalid", "name_taken", ...problems],
      },
      async ({ body, request }) => {
        fromHere(request);
        const accepted = { ...body, visit: visitOf(request) };
        return cookieReply(request, await acceptInvitation(context, accepted));
      },
    ),

    publicOperation(
      "POST",
      "/api/reset",
      {
        operationId: "setPassword",
        summary: "Set a password by a reset link",
        description: "Sets it, once, and signs its account in.",
        tag,
        body: PasswordSet,
        success: opened,
        problems: ["link_invalid", ...problems],
      },
      async ({ body, request }) => {
        fromHere(request);
        return cookieReply(
          request,
          await setPassword(context, { ...body, visit: visitOf(request) }),
        );
      },
    ),
  ];
}

function toSession({ kind, role, scopes, account, expiresAt }: AdminPrincipal): Session {
  return {
    ...{ kind, role, scopes: scopes && [...scopes] },
    account: account && { account_id: account.id, email: account.email, name: account.name },
    expires_at: expiresAt?.toISOString() ?? null,
  };
}
