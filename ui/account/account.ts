import type {
  BackupCodes,
  Enrolment,
  OwnAccountView,
  PasswordChange,
  SessionList,
} from "../../server/accounts/schema.ts";
import { at, patch, post, remove } from "../api.ts";
import { useChange, useRead } from "../query.ts";
import { account as words } from "../strings/account.ts";

const own = "/api/account";

export const useOwnAccount = () => useRead<OwnAccountView>(own);
export const useOwnSessions = () => useRead<SessionList>(`${own}/sessions`);

export const useRename = () =>
  useChange({
    send: (body: { name: string }) => patch<OwnAccountView>(own, body),
    refreshes: [own, "/api/accounts"],
    done: words.nameSaved,
  });

export const useChangePassword = (onDone: () => void) =>
  useChange({
    send: (body: PasswordChange) => post<void>(`${own}/password`, body),
    refreshes: [own],
    done: words.passwordChanged,
    onDone,
  });

export const useEndSession = () =>
  useChange({
    send: (sessionId: string) => remove(at`/api/account/sessions/${sessionId}`),
    refreshes: [`${own}/sessions`],
    done: words.sessionEnded,
  });

export const useEnrol = (onDone: (enrolment: Enrolment) => void) =>
  useChange({
    send: (password: string) => post<Enrolment>(`${own}/second-factor`, { password }),
    refreshes: [],
    onDone,
  });

export const useConfirm = (onDone: (codes: BackupCodes) => void) =>
  useChange({
    send: (code: string) => post<BackupCodes>(`${own}/second-factor/confirm`, { code }),
    refreshes: [own],
    onDone,
  });

export const useDisable = (onDone: () => void) =>
  useChange({
    send: (password: string) => post<void>(`${own}/second-factor/disable`, { password }),
    refreshes: [own],
    done: words.factorStopped,
    onDone,
  });

export const useRenewCodes = (onDone: (codes: BackupCodes) => void) =>
  useChange({
    send: (password: string) => post<BackupCodes>(`${own}/backup-codes`, { password }),
    refreshes: [own],
    onDone,
  });
