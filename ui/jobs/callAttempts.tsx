import type { CallDetail } from "../../server/calls/schema.ts";
import { Flag } from "../base/badge.tsx";
import { type Column, Table } from "../base/table.tsx";
import * as format from "../format.ts";
import { jobs } from "../strings/jobs.ts";

type Attempt = NonNullable<CallDetail["attempts"]>[number] & { position: number };

/** Which targets were tried before one answered or none did; nothing where the first answered at once. */
export function CallAttempts({ attempts }: Pick<CallDetail, "attempts">) {
  if (attempts === null) return null;
  return (
    <section aria-label={jobs.attempts}>
      <h3 class="text-13 font-semibold">{jobs.attempts}</h3>
      {attempts.length === 0 ? (
        <p class="text-12 text-muted">{jobs.attemptsUnknown}</p>
      ) : (
        <div class="-mx-4">
          <Table
            caption={jobs.attempts}
            columns={columns}
            rows={attempts.map((attempt, position) => ({ ...attempt, position }))}
            rowKey={({ position }) => position}
          />
        </div>
      )}
    </section>
  );
}

const columns: Column<Attempt>[] = [
  { head: "#", width: "48px", cell: ({ position }) => position + 1 },
  {
    head: jobs.target,
    cell: ({ target, target_id: id }) => (
      <span class="font-mono text-12 break-all" title={id}>
        {target ?? jobs.targetGone}
      </span>
    ),
  },
  {
    head: jobs.outcome,
    width: "108px",
    cell: ({ status }) =>
      status === 200 ? (
        <Flag tone="ok">{jobs.answered}</Flag>
      ) : (
        <Flag tone="bad">{status === null ? jobs.brokeOff : jobs.failedWith(status)}</Flag>
      ),
  },
  { head: jobs.took, width: "84px", number: true, cell: ({ ms }) => format.duration(ms) },
];
