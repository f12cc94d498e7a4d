import { queryOptions, useQuery } from "@tanstack/preact-query";
import type { Status } from "../../server/admin/schema.ts";
import { ApiError, get } from "../api.ts";

/** Polling rests while the page is hidden. */
const pollMs = 2000;
const installingPollMs = 700;

interface LiveStatus {
  /** What was last read; undefined until the first answer. */
  status: Status | undefined;
  /** Why the last request failed, while the last one did. */
  error: ApiError | undefined;
  retry: () => void;
}

const statusQuery = queryOptions({
  queryKey: ["status"],
  queryFn: ({ signal }) => get<Status>("/api/status", {}, signal),
  staleTime: Number.POSITIVE_INFINITY,
});

/** Reads the status again and again. Only the shell calls it: each caller would add a timer of its own. */
export function usePolledStatus(): void {
  useQuery({
    ...statusQuery,
    refetchInterval: ({ state }) => {
      // Without a session it would only be refused; with a new one everything is read again.
      if (state.error instanceof ApiError && state.error.status === 401) return false;
      return state.data?.gateway.state === "installing" ? installingPollMs : pollMs;
    },
    refetchOnWindowFocus: "always",
  });
}

/** The server's status as the shell last read it. */
export function useStatus(): LiveStatus {
  const query = useQuery(statusQuery);
  return {
    status: query.data,
    error: query.error instanceof ApiError ? query.error : undefined,
    retry: () => void query.refetch(),
  };
}

/**
 * The server's time in milliseconds, for ages: the browser's clock may be wrong. It moves with each answer of the
 * status and, through the local clock, also while none comes.
 */
export function useServerNow(): number {
  const { data, dataUpdatedAt } = useQuery(statusQuery);
  return data ? Date.parse(data.now) + (Date.now() - dataUpdatedAt) : Date.now();
}
