import type { TokenCreate, TokenCreated, TokenList } from "../../server/accounts/people-schema.ts";
import { at, post, remove } from "../api.ts";
import { useChange, useRead } from "../query.ts";
import { tokens as words } from "../strings/account.ts";

const path = "/api/tokens";

export const useTokens = () => useRead<TokenList>(path);

export const useCreateToken = (onDone: (made: TokenCreated) => void) =>
  useChange({
    send: (body: TokenCreate) => post<TokenCreated>(path, body),
    refreshes: [path],
    onDone,
  });

export const useRevokeToken = (onDone: () => void) =>
  useChange({
    send: (tokenId: string) => remove(at`/api/tokens/${tokenId}`),
    refreshes: [path],
    done: words.revoked,
    onDone,
  });
