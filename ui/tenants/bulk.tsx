import { useQueryClient } from "@tanstack/preact-query";
import { useRef } from "preact/hooks";
import { ApiError } from "../api.ts";
import { type Change, refresh, toApiError, useChange } from "../query.ts";
import { tenants as words } from "../strings/tenants.ts";
import { tenantPaths } from "./tenant.ts";

/** How one of several fared; none yet = it was not asked. */
type Outcome = "done" | ApiError;

export interface BulkChange<Input> extends Change<Input> {
  outcomes: ReadonlyMap<string, Outcome>;
}

/** What no other of them would be answered differently: no answer at all, a session that ended, a field that is wrong. */
const concernsAll = ({ status }: ApiError) => [0, 401, 422].includes(status);

/**
 * One change of several tenants, one request each: what is refused for one goes on with the next, and stays beside its name. What
 * is done stays done: another press goes on with the rest.
 */
export function useBulk<Row, Input>(options: {
  rows: readonly Row[];
  idOf: (row: Row) => string;
  send: (row: Row, input: Input, sending: { idempotencyKey: string }) => Promise<unknown>;
  done: (input: Input) => string;
  onDone: () => void;
}): BulkChange<Input> {
  const { rows, idOf } = options;
  const client = useQueryClient();
  const outcomes = useRef(new Map<string, Outcome>());
  const change = useChange({
    async send(input: Input, { idempotencyKey }) {
      for (const row of rows) {
        const id = idOf(row);
        if (outcomes.current.get(id) === "done") continue;
        try {
          await options.send(row, input, { idempotencyKey: `${idempotencyKey}-${id}` });
          outcomes.current.set(id, "done");
        } catch (cause) {
          const problem = toApiError(cause as Error)!;
          if (concernsAll(problem)) throw problem;
          outcomes.current.set(id, problem);
        }
      }
      const failed = rows.filter((row) => outcomes.current.get(idOf(row)) !== "done").length;
      if (failed === 0) return;
      refresh(client, ...tenantPaths);
      const message = words.bulkPartly(rows.length - failed, rows.length);
      throw new ApiError(message, { status: 409, code: "partly_done" });
    },
    refreshes: tenantPaths,
    done: (_, input) => options.done(input),
    onDone: options.onDone,
  });
  return { ...change, outcomes: outcomes.current };
}

/** Whom it concerns, by name, and how each fared. */
export function BulkRows({
  label,
  rows,
  outcomes,
}: {
  label: string;
  rows: readonly { id: string; name: string }[];
  outcomes: ReadonlyMap<string, Outcome>;
}) {
  return (
    <ul
      // Ten names and more scroll, which the keyboard has to reach.
      tabIndex={0}
      aria-label={label}
      class="focus-ring max-h-40 overflow-y-auto text-12 text-muted"
    >
      {rows.map(({ id, name }) => {
        const outcome = outcomes.get(id);
        return (
          <li key={id} class="py-0.5">
            <span class="break-words">{name}</span>
            {outcome === "done" && <span class="text-ok"> {words.bulkRowDone}</span>}
            {outcome instanceof ApiError && (
              <span class="block break-words text-bad">{outcome.message}</span>
            )}
          </li>
        );
      })}
    </ul>
  );
}
