import { useMutation, useQuery, useQueryClient, type QueryClient } from "@tanstack/preact-query";
import { useLayoutEffect, useRef } from "preact/hooks";
import { ApiError, ConflictError, get, newKey, type Parameters } from "./api.ts";
import { toast } from "./base/toasts.tsx";

/** What a page reads: the last answer, and why the last request failed while it did. */
export interface Read<Answer> {
  data: Answer | undefined;
  error: ApiError | undefined;
  /** `data` belongs to what was shown before; its successor is on the way. */
  stale: boolean;
  retry: () => void;
}

/**
 * Reads a path of the admin API. The path and its parameters are the key, so that `useChange` and `refresh` name what they
 * made old by the beginning of a path: "/api/teams" covers a team's wallet too.
 */
export function useRead<Answer>(
  path: string,
  options: {
    parameters?: Parameters;
    /** Reads again so often while the page is visible; false = never. A function decides by the last answer. */
    pollMs?: number | false | ((answer: Answer | undefined) => number | false);
    enabled?: boolean;
    /** What else the answer depends on: another value reads it again. */
    key?: string | number | null;
  } = {},
): Read<Answer> {
  const { parameters = {}, pollMs = false, enabled = true } = options;
  const query = useQuery({
    queryKey: [path, parameters, options.key ?? null],
    queryFn: ({ signal }) => get<Answer>(path, parameters, signal),
    enabled,
    refetchInterval: ({ state }) => {
      // What is not there, or not allowed, will not come by asking.
      if (state.error instanceof ApiError && [401, 403, 404, 422].includes(state.error.status))
        return false;
      return typeof pollMs === "function" ? pollMs(state.data) : pollMs;
    },
    // Other rows of a list stay until the new ones are there; what is told of one thing is never shown as another's.
    placeholderData: (previous, query) => (query?.queryKey[0] === path ? previous : undefined),
  });
  return {
    data: query.data,
    error: toApiError(query.error),
    stale: query.isPlaceholderData,
    retry: () => void query.refetch(),
  };
}

/** Reads anew whatever begins with one of the paths and is on the page. */
export function refresh(client: QueryClient, ...paths: string[]): void {
  void client.invalidateQueries({
    predicate: ({ queryKey: [path] }) =>
      typeof path === "string" && paths.some((start) => path.startsWith(start)),
  });
}

export interface Change<Input> {
  run: (input: Input) => void;
  running: boolean;
  /** The last run succeeded. */
  done: boolean;
  error: ApiError | undefined;
  /** The thing was changed by somebody else since it was read. */
  conflict: boolean;
  reset: () => void;
}

/**
 * A change on the server. Sends the same `Idempotency-Key` as long as the same input did not succeed, so that a second press
 * after a lost answer does nothing twice; then reads anew what the change made old, and confirms with a toast.
 */
export function useChange<Input, Answer>(options: {
  send: (input: Input, sending: { idempotencyKey: string }) => Promise<Answer>;
  /** Beginnings of paths that the change made old. */
  refreshes: readonly string[];
  /** The toast's text; none when the page itself shows the outcome. */
  done?: string | ((answer: Answer, input: Input) => string);
  /** What the page does next; nothing once it has been left. */
  onDone?: (answer: Answer, input: Input) => void;
}): Change<Input> {
  const client = useQueryClient();
  const attempt = useRef({ input: "", idempotencyKey: "" });
  // Who has left the page meanwhile is not led back to where it would have gone on.
  const isThere = useRef(true);
  useLayoutEffect(() => {
    isThere.current = true;
    return () => void (isThere.current = false);
  }, []);
  const mutation = useMutation({
    mutationFn: (input: Input) => {
      const written = JSON.stringify(input) ?? "";
      if (attempt.current.input !== written || attempt.current.idempotencyKey === "")
        attempt.current = { input: written, idempotencyKey: newKey() };
      return options.send(input, { idempotencyKey: attempt.current.idempotencyKey });
    },
    onSuccess: (answer, input) => {
      attempt.current = { input: "", idempotencyKey: "" };
      refresh(client, ...options.refreshes);
      if (options.done) {
        toast(typeof options.done === "string" ? options.done : options.done(answer, input));
      }
      if (isThere.current) options.onDone?.(answer, input);
    },
  });
  return {
    run: mutation.mutate,
    running: mutation.isPending,
    done: mutation.isSuccess,
    error: toApiError(mutation.error),
    conflict: mutation.error instanceof ConflictError,
    reset: mutation.reset,
  };
}

export const toApiError = (error: Error | null): ApiError | undefined =>
  error instanceof ApiError
    ? error
    : error
      ? new ApiError(error.message, { status: 0, code: "page_error", cause: error })
      : undefined;
