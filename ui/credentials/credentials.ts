import type {
  CredentialTestResult,
  CredentialView,
} from "../../server/models/credential-schema.ts";
import { at, patch, post, remove, type Parameters } from "../api.ts";
import type { Page } from "../base/dataTable.tsx";
import { useChange, useRead, type Read } from "../query.ts";
import { credentials as words } from "../strings/models.ts";

export type { CredentialTestResult, CredentialView };

/** What a change of a credential makes old. */
const refreshes = ["/api/credentials", "/api/models"];
/** The provider may be far away. */
const testTimeoutMs = 40_000;

export const useCredentials = (parameters: Parameters): Read<Page<CredentialView>> =>
  useRead<Page<CredentialView>>("/api/credentials", { parameters });

/** Adds one, or changes the one that is named. */
export const useSaveCredential = (
  credential: CredentialView | undefined,
  onDone: (saved: CredentialView) => void,
) =>
  useChange({
    send: (body: object, sending) =>
      credential
        ? patch<CredentialView>(at`/api/credentials/${credential.credential_id}`, body, sending)
        : post<CredentialView>("/api/credentials", body, sending),
    refreshes,
    done: ({ name }) => (credential ? words.saved(name) : words.added(name)),
    onDone,
  });

export const useSwitchCredential = () =>
  useChange({
    send: ({ credential_id: id, enabled }: CredentialView, sending) =>
      patch<CredentialView>(at`/api/credentials/${id}`, { enabled: !enabled }, sending),
    refreshes,
    done: ({ name, enabled }) => (enabled ? words.switchedOn(name) : words.switchedOff(name)),
  });

export const useDeleteCredential = (onDone: () => void) =>
  useChange({
    send: ({ credential_id: id }: Pick<CredentialView, "credential_id" | "name">, sending) =>
      remove(at`/api/credentials/${id}`, {}, sending),
    refreshes,
    done: (_, { name }) => words.removed(name),
    onDone,
  });

export const useTestCredential = (onDone: (result: CredentialTestResult) => void) =>
  useChange({
    send: ({ credential_id: id }: CredentialView, sending) =>
      post<CredentialTestResult>(
        at`/api/credentials/${id}/test`,
        {},
        {
          ...sending,
          timeoutMs: testTimeoutMs,
        },
      ),
    refreshes: [],
    onDone,
  });
