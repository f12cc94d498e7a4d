import { Type } from "@sinclair/typebox";
import { authorOf } from "../audit/audit.ts";
import type { Context } from "../context.ts";
import { adminOperation, type Operation } from "../http/operation.ts";
import { changePassword, disableSecondFactor, readOwnAccount, rename } from "./own-account.ts";
import { requireAccount } from "./permissions.ts";
import {
  BackupCodes,
  CodeProof,
  Enrolment,
  OwnAccountChange,
  type OwnAccountView as OwnAccount,
  OwnAccountView,
  PasswordChange,
  PasswordProof,
  SessionList,
} from "./schema.ts";
import * as factor from "./second-factor.ts";
import { listSessions, revokeSession, sessionCookie, visitOf } from "./sessions.ts";
import { requirePassword } from "./sign-in.ts";
import { toAccountView, toSessionView } from "./views.ts";

const tag = "Account";
const mine = { needs: "viewer", forPeople: true, tag } as const;
const wrongPassword = ["password_wrong", "too_many_attempts"] as const;
const account = { description: "One's account.", schema: OwnAccountView };

/** What everybody does with their own account. What could lock its owner out asks for the password again. */
export function ownAccountOperations(context: Context): readonly Operation[] {
  return [
    ...recordOperations(context),
    ...secondFactorOperations(context),
    ...sessionOperations(context),
  ];
}

async function read(context: Context, accountId: string): Promise<OwnAccount> {
  const own = await readOwnAccount(context, accountId);
  return { ...toAccountView(own.account), backup_codes: own.backupCodes };
}

function recordOperations(context: Context): readonly Operation[] {
  return [
    adminOperation(
      "GET",
      "/api/account",
      {
        operationId: "getOwnAccount",
        ...mine,
        summary: "Get one's own account",
        description: "Of whoever is signed in.",
        success: account,
      },
      ({ principal }) => read(context, requireAccount(principal).id),
    ),

    adminOperation(
      "PATCH",
      "/api/account",
      {
        operationId: "changeOwnAccount",
        ...mine,
        summary: "Change one's own name",
        description: "As others see it.",
        body: OwnAccountChange,
        success: account,
      },
      async (input) => {
        const { id: accountId } = requireAccount(input.principal);
        await rename(context, authorOf(input), { accountId, name: input.body.name });
        return read(context, accountId);
      },
    ),

    adminOperation(
      "POST",
      "/api/account/password",
      {
        operationId: "changeOwnPassword",
        ...mine,
        summary: "Change one's own password",
        description: "Every other session of the account ends, and this one gets a new cookie.",
        body: PasswordChange,
        success: { status: 204, description: "The password is changed." },
        problems: wrongPassword,
      },
      async (input) => {
        const { body, request } = input;
        const { secret } = await changePassword(context, authorOf(input), {
          accountId: requireAccount(input.principal).id,
          ...{ password: body.password, newPassword: body.new_password },
          visit: visitOf(request),
        });
        const headers = { "set-cookie": sessionCookie(request, secret) };
        return new Response(null, { status: 204, headers });
      },
    ),
  ];
}

function secondFactorOperations(context: Context): readonly Operation[] {
  return [
    adminOperation(
      "POST",
      "/api/account/second-factor",
      {
        operationId: "enrolSecondFactor",
        ...mine,
        summary: "Begin a second factor",
        description:
          "A secret for an authenticator app (TOTP). It counts once a first code has confirmed it.",
        body: PasswordProof,
        success: { description: "The secret, shown this once.", schema: Enrolment },
        problems: [...wrongPassword, "state_conflict"],
      },
      async (input) => {
        const { password } = input.body;
        const { id } = requireAccount(input.principal);
        const { address } = authorOf(input);
        return factor.enrol(context, await requirePassword(context, id, { password, address }));
      },
    ),

    adminOperation(
      "POST",
      "/api/account/second-factor/confirm",
      {
        operationId: "confirmSecondFactor",
        ...mine,
        summary: "Turn the second factor on",
        description: "With a first code of the app. From now on signing in asks for one.",
        body: CodeProof,
        success: { description: "Ten backup codes.", schema: BackupCodes },
        problems: ["code_wrong", "state_conflict", "too_many_attempts"],
      },
      async (input): Promise<BackupCodes> => ({
        backup_codes: await factor.confirm(context, authorOf(input), {
          ...{ accountId: requireAccount(input.principal).id, code: input.body.code },
        }),
      }),
    ),

    adminOperation(
      "POST",
      "/api/account/second-factor/disable",
      {
        operationId: "disableSecondFactor",
        ...mine,
        summary: "Turn the second factor off",
        description: "Its backup codes are good for nothing then.",
        body: PasswordProof,
        success: { status: 204, description: "It is off." },
        problems: wrongPassword,
      },
      async (input) => {
        const { id: accountId } = requireAccount(input.principal);
        const { password } = input.body;
        await disableSecondFactor(context, authorOf(input), { accountId, password });
      },
    ),

    adminOperation(
      "POST",
      "/api/account/backup-codes",
      {
        operationId: "renewBackupCodes",
        ...mine,
        summary: "Make new backup codes",
        description: "The old ones are good for nothing then.",
        body: PasswordProof,
        success: { description: "Ten backup codes.", schema: BackupCodes },
        problems: [...wrongPassword, "state_conflict"],
      },
      async (input): Promise<BackupCodes> => {
        const { password } = input.body;
        const { id } = requireAccount(input.principal);
        const author = authorOf(input);
        const { address } = author;
        const own = await requirePassword(context, id, { password, address });
        return { backup_codes: await factor.renewBackupCodes(context, author, own) };
      },
    ),
  ];
}

function sessionOperations(context: Context): readonly Operation[] {
  return [
    adminOperation(
      "GET",
      "/api/account/sessions",
      {
        operationId: "listOwnSessions",
        ...mine,
        summary: "List one's open sessions",
        description: "The newest first.",
        success: { description: "The sessions.", schema: SessionList },
      },
      async ({ principal }) => {
        const sessions = await listSessions(context, requireAccount(principal).id);
        return { data: sessions.map((session) => toSessionView(session, principal.id)) };
      },
    ),

    adminOperation(
      "DELETE",
      "/api/account/sessions/:session_id",
      {
        operationId: "revokeOwnSession",
        ...mine,
        summary: "End one of one's sessions",
        description: "At once, wherever it is open.",
        params: {
          session_id: Type.String({
            format: "uuid",
            description: "Id of a session.",
            examples: ["019aaf3c-6a80-7c11-9d1b-2f9d1b6d2a10"],
          }),
        },
        success: { status: 204, description: "It is closed." },
        problems: ["not_found"],
      },
      async (input) => {
        await revokeSession(context, authorOf(input), {
          accountId: requireAccount(input.principal).id,
          sessionId: input.params.session_id,
        });
      },
    ),
  ];
}
