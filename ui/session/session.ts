import {
  queryOptions,
  type Query,
  useMutation,
  useQuery,
  useQueryClient,
} from "@tanstack/preact-query";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Session } from "../../server/accounts/schema.ts";
import { ApiError, get, remove } from "../api.ts";

export const sessionKey = ["session"];
const retryMs = 2000;

/** Whose session the cookie is. A missing one is an answer, not a failure. */
export const sessionQuery = queryOptions<Session | null>({
  queryKey: sessionKey,
  queryFn: ({ signal }) =>
    get<Session>("/api/session", {}, signal).catch((error: unknown) => {
      if (error instanceof ApiError && error.status === 401) return null;
      throw error;
    }),
  staleTime: Number.POSITIVE_INFINITY,
});

/** A one-time link that was opened: what for, and its secret. */
export interface Link {
  page: "setup" | "invitation" | "reset";
  token: string;
}

type SessionState =
  /** The cookie's session is being asked for. */
  | { state: "opening" }
  | { state: "open" }
  /** It was open on this page and is over: the page stays, so that no form is lost, and asks to sign in over it. */
  | { state: "ended" }
  | { state: "closed" }
  /** A link was opened; it comes before a session that there may be. `leave` forgets it. */
  | { state: "link"; link: Link; leave: () => void }
  | { state: "unreachable"; error: ApiError; retry: () => void };

/**
 * The link of an address such as `/setup#token=…`, which it also removes from there: a one-time secret must not stay in the
 * history, not even when the server refuses it.
 */
function takeLink(): Link | undefined {
  const page = /^\/(setup|invitation|reset)$/.exec(location.pathname)?.[1];
  if (page === undefined) return undefined;
  const token = new URLSearchParams(location.hash.slice(1)).get("token");
  history.replaceState(null, "", "/");
  return token ? { page: page as Link["page"], token } : undefined;
}

/** Asks for the cookie's session, and follows its end. */
export function useSession(): SessionState {
  const queryClient = useQueryClient();
  const [link, setLink] = useState(takeLink);
  const session = useQuery({
    ...sessionQuery,
    refetchInterval: (query) =>
      query.state.data === undefined && query.state.error ? retryMs : false,
    // Another tab may have signed in meanwhile.
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

  if (link) return { state: "link", link, leave: () => setLink(undefined) };
  if (session.data) return { state: "open" };
  if (session.data === null && wasOpen.current && !signedOut) return { state: "ended" };
  if (session.data === null) return { state: "closed" };
  if (session.error instanceof ApiError) {
    return { state: "unreachable", error: session.error, retry: () => void session.refetch() };
  }
  return { state: "opening" };
}

/** Asks anew who is signed in, after somebody has. */
export function useSignedIn(): () => Promise<void> {
  const queryClient = useQueryClient();
  return () => queryClient.refetchQueries({ queryKey: sessionKey });
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
