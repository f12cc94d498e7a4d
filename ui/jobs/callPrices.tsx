import type { CallDetail } from "../../server/calls/schema.ts";
import { Flag } from "../base/badge.tsx";
import { type Column, Table } from "../base/table.tsx";
import * as format from "../format.ts";
import { jobs } from "../strings/jobs.ts";

/** A target of the alias as the call's row keeps it; nano-dollars per million tokens as text. */
interface Target {
  model: string;
  input?: string;
  cached_input?: string;
  output?: string;
}

/** The targets of the alias when the call began, which of them answered, and what they cost then. */
export function CallPrices({ call }: { call: CallDetail }) {
  const { targets = [] } = (call.price_snapshot ?? {}) as { targets?: Target[] };
  if (targets.length === 0) return null;
  return (
    <section aria-label={jobs.tried}>
      <h3 class="text-13 font-semibold">{jobs.tried}</h3>
      <p class="mb-1 text-12 text-muted">{jobs.triedText}</p>
      <div class="-mx-4">
        <Table
          caption={jobs.tried}
          columns={columns(call.target)}
          rows={targets}
          rowKey={({ model }) => model}
        />
      </div>
    </section>
  );
}

const usd = (nanos: string | undefined) =>
  format.usd(nanos === undefined ? null : Number(nanos) / 1e9);

function columns(answered: string | null): Column<Target>[] {
  return [
    {
      head: jobs.target,
      cell: ({ model }) => (
        <span class="font-mono text-12 break-all">
          {model} {model === answered && <Flag tone="ok">{jobs.answered}</Flag>}
        </span>
      ),
    },
    { head: jobs.input, width: "84px", number: true, cell: (target) => usd(target.input) },
    {
      head: jobs.cachedInput,
      width: "104px",
      number: true,
      from: "small",
      cell: (target) => usd(target.cached_input),
    },
    { head: jobs.output, width: "84px", number: true, cell: (target) => usd(target.output) },
  ];
}
