import type { Static } from "@sinclair/typebox";
import type {
  KeyChange,
  KeyCreate,
  KeyCreated,
  KeyRotated,
  KeyRotation,
  KeyView,
} from "../../../server/keys/schema.ts";
import { at, patch, post } from "../../api.ts";
import type { Page } from "../../base/dataTable.tsx";
import { type Read, useChange, useRead } from "../../query.ts";
import { keys as words } from "../../strings/keys.ts";
import { tenantPaths } from "../../tenants/tenant.ts";

const pollMs = 15_000;

export function useKeys(teamId: string, cursor: string | undefined): Read<Page<KeyView>> {
  return useRead(at`/api/teams/${teamId}/keys`, { parameters: { limit: 25, cursor }, pollMs });
}

export function useKeyCreation(teamId: string, onDone: (secret: string) => void) {
  return useChange({
    send: (input: Static<typeof KeyCreate>, sending) =>
      post<Static<typeof KeyCreated>>(at`/api/teams/${teamId}/keys`, input, sending),
    refreshes: tenantPaths,
    onDone: ({ key }) => onDone(key),
  });
}

export function useKeyChange(keyId: string, onDone: () => void) {
  return useChange({
    send: (input: Static<typeof KeyChange>, sending) =>
      patch(at`/api/keys/${keyId}`, input, sending),
    refreshes: tenantPaths,
    done: words.changed,
    onDone,
  });
}

export function useKeyRotation(
  keyId: string,
  onDone: (rotated: Static<typeof KeyRotated>) => void,
) {
  return useChange({
    send: (input: Static<typeof KeyRotation>, sending) =>
      post<Static<typeof KeyRotated>>(at`/api/keys/${keyId}/rotate`, input, sending),
    refreshes: tenantPaths,
    onDone,
  });
}

export function useKeyRevocation(onDone: () => void) {
  return useChange({
    send: (keyId: string, sending) => post(at`/api/keys/${keyId}/revoke`, undefined, sending),
    refreshes: tenantPaths,
    done: words.revoked,
    onDone,
  });
}
