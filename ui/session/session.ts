import { type Query, useMutation, useQuery, useQueryClient } from "@tanstack/preact-query";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Session, SessionCreate } from "../../server/admin/schema.ts";
import { ApiError, get, post, remove } from "../api.ts";

export const sessionKey = ["session"];
const retryMs = 2000;

/** Why there is no session, as far as the page knows. */
export type ClosedReason =
  | { kind: "none" }
  /** The link was refused, or the server could not take it. */
  | { kind: "link_failed"; error: ApiError; otherSession: boolean };

type SessionState =
  /** The set-up link is being exchanged, or the cookie's session asked for. */
  | { state: "opening" }
  | { state: "open" }
  /** It was open on this page and is over: the page stays, so that no form is lost, and asks to sign in over it. */
  | { state: "ended" }
  | { state: "closed"; reason: ClosedReason }
  | { state: "unreachable"; error: ApiError; retry: () => void };

/**
 * The set-up token of the address `/setup#token=…`, which it also removes from there: a one-time secret must not stay
 * in the history, not even when the server refuses it.
 */
function takeSetupToken(): string | undefined {
  if (location.pathname !== "/setup") return undefined;
  const token = new URLSearchParams(location.hash.slice(1)).get("token") ?? undefined;
  history.replaceState(null, "", "/");
  return token;
}

/** Exchanges a set-up link for the session cookie, else asks for the cookie's session, and follows its end. */
export function useSession(): SessionState {
  const queryClient = useQueryClient();
  const [setupToken] = useState(takeSetupToken);
  const exchange = useMutation({
    mutationFn: (token: string) =>
      post<Session>("/api/session", { setup_token: token } satisfies SessionCreate),
    onSuccess: (session) => queryClient.setQueryData(sessionKey, session),
  });
  const { mutate } = exchange;
  useEffect(() => {
    if (setupToken) mutate(setupToken);
  }, [setupToken, mutate]);

  const exchanging = setupToken !== undefined && (exchange.isIdle || exchange.isPending);
  const session = useQuery({
    queryKey: sessionKey,
    // A missing session is an answer, not a failure.
    queryFn: ({ signal }) =>
      get<Session>("/api/session", {}, signal).catch((error: unknown) => {
        if (error instanceof ApiError && error.status === 401) return null;
        throw error;
      }),
    enabled: !exchanging,
    refetchInterval: (query) =>
      query.state.data === undefined && query.state.error ? retryMs : false,
    staleTime: Number.POSITIVE_INFINITY,
    // Another tab may have opened the link meanwhile.
    refetchOnWindowFocus: (query) => (query.state.data === null ? "always" : false),
  });

  const wasOpen = useRef(false);
  const open = Boolean(session.data);
  useEffect(() => {
    if (!open) return;
    // What failed for want of a session is asked for again.
    if (wasOpen.current) void queryClient.invalidateQueries({ predicate: notSession });
    wasOpen.current = true;
    return () => {
      if (signedOut) wasOpen.current = false;
      signedOut = false;
    };
  }, [open, queryClient]);

  if (exchanging) return { state: "opening" };
  if (exchange.error instanceof ApiError) {
    const reason = {
      kind: "link_failed",
      error: exchange.error,
      otherSession: Boolean(session.data),
    } as const;
    return { state: "closed", reason };
  }
  if (session.data) return { state: "open" };
  if (session.data === null && wasOpen.current && !signedOut) return { state: "ended" };
  if (session.data === null) return { state: "closed", reason: { kind: "none" } };
  if (session.error instanceof ApiError) {
    return { state: "unreachable", error: session.error, retry: () => void session.refetch() };
  }
  return { state: "opening" };
}

/** Whether the session was closed by hand: then nothing of the page stays. */
let signedOut = false;

const notSession = (query: Query) => query.queryKey[0] !== sessionKey[0];

/** Ends the session on the server, then forgets everything that was read with it. */
export function useSignOut() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: () => remove("/api/session"),
    onSuccess: () => {
      history.replaceState(null, "", "/");
      queryClient.removeQueries({ predicate: notSession });
      signedOut = true;
      queryClient.setQueryData(sessionKey, null);
    },
  });
}
