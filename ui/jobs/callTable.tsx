import type { CallView } from "../../server/calls/schema.ts";
import { Flag, type Tone } from "../base/badge.tsx";
import { type Column, RowLink, Table } from "../base/table.tsx";
import * as format from "../format.ts";
import { CallBar } from "./callBar.tsx";
import { CallState } from "./jobState.tsx";
import { type Span, spanOf } from "./waterfall.ts";
import { jobs } from "../strings/jobs.ts";

export const costFlags: Record<CallView["cost_flags"][number], { tone: Tone; means: string }> = {
  unpriced: { tone: "warn", means: jobs.flagUnpriced },
  estimated: {
    tone: "idle",
    means: jobs.flagEstimated,
  },
  differs: { tone: "warn", means: jobs.flagDiffers },
  over_hold: { tone: "warn", means: jobs.flagOverHold },
};

/** A job's calls in the order of their start, each with its bar on the shared time axis. */
export function CallTable({
  calls,
  nowMs,
  href,
}: {
  calls: CallView[] | undefined;
  nowMs: number;
  /** The address of a call's drawer. */
  href: (callId: string) => string;
}) {
  const span = calls && calls.length > 0 ? spanOf(calls, nowMs) : undefined;
  return (
    <Table
      caption={jobs.callCaption}
      columns={columns(span, nowMs, href)}
      rows={calls}
      rowKey={(call) => call.call_id}
      skeletonRows={3}
    />
  );
}

function columns(
  span: Span | undefined,
  nowMs: number,
  href: (callId: string) => string,
): Column<CallView>[] {
  return [
    {
      head: jobs.call,
      cell: (call) => <CallName call={call} span={span} nowMs={nowMs} href={href} />,
    },
    {
      head: jobs.status,
      width: "112px",
      from: "medium",
      cell: (call) => <CallState status={call.status} />,
    },
    {
      head: span ? jobs.timelineOf(format.duration(span.endMs - span.startMs)) : jobs.timeline,
      width: "21%",
      from: "large",
      cell: (call) => span && <CallBar call={call} span={span} nowMs={nowMs} />,
    },
    {
      head: jobs.firstToken,
      width: "92px",
      number: true,
      from: "large",
      cell: (call) => format.duration(call.first_token_ms),
    },
    {
      head: jobs.latency,
      width: "84px",
      number: true,
      from: "medium",
      cell: (call) => format.duration(call.latency_ms),
    },
    {
      head: jobs.input,
      width: "100px",
      number: true,
      from: "medium",
      cell: (call) => (
        <Tokens total={call.input_tokens} part={call.cached_input_tokens} partName="cached" />
      ),
    },
    {
      head: jobs.output,
      width: "108px",
      number: true,
      from: "medium",
      cell: (call) => (
        <Tokens total={call.output_tokens} part={call.reasoning_tokens} partName="reasoning" />
      ),
    },
    {
      head: jobs.cost,
      width: "108px",
      number: true,
      cell: (call) => <CallCost call={call} />,
    },
  ];
}

/** Alias and what answered it; on narrow screens also what the dropped columns would say. */
function CallName({
  call,
  span,
  nowMs,
  href,
}: {
  href: (callId: string) => string;
  call: CallView;
  span: Span | undefined;
  nowMs: number;
}) {
  return (
    <div class="min-w-0 py-1">
      <div class="flex min-w-0 flex-wrap items-center gap-x-2 gap-y-0.5">
        <span class="min-w-0">
          <RowLink href={href(call.call_id)}>{call.model}</RowLink>
        </span>
        {call.stream && <Flag tone="idle">{jobs.stream}</Flag>}
        {call.cache_hit && <Flag tone="ok">{jobs.cache}</Flag>}
        {call.purpose && <Flag tone="idle">{call.purpose}</Flag>}
      </div>
      <div class="truncate font-mono text-11 text-muted" title={call.target ?? undefined}>
        <span aria-hidden="true">→ </span>
        <span class="sr-only">{jobs.answeredBy} </span>
        {call.target ?? jobs.noTarget}
      </div>
      <div class="mt-1 grid gap-1.5 @4xl:hidden">
        <div class="flex flex-wrap items-center gap-x-2 gap-y-1 text-12 text-muted tabular-nums @2xl:hidden">
          {call.status !== "succeeded" && <CallState status={call.status} />}
          {format.duration(call.latency_ms)} ·{" "}
          {jobs.inAndOut(format.count(call.input_tokens), format.count(call.output_tokens))}
        </div>
        {span && <CallBar call={call} span={span} nowMs={nowMs} />}
      </div>
      {call.error_code && (
        <p class="mt-1 text-12 break-words text-bad">
          <code class="font-mono">{call.error_code}</code>
          {call.error_message && ` ${call.error_message}`}
        </p>
      )}
    </div>
  );
}

function Tokens({
  total,
  part,
  partName,
}: {
  total: number | null;
  part: number | null;
  partName: string;
}) {
  return (
    <>
      {format.count(total)}
      {part !== null && part > 0 && (
        <span class="block text-11 leading-3.5 text-muted">
          {format.count(part)} {partName}
        </span>
      )}
    </>
  );
}

function CallCost({ call }: { call: CallView }) {
  const exact =
    call.provider_cost_usd === null ? undefined : format.usdExact(call.provider_cost_usd);
  const theirs =
    call.litellm_cost_usd === null ? "" : jobs.gatewaySays(format.usdExact(call.litellm_cost_usd));
  return (
    <>
      <span title={exact && `${exact}${theirs}`}>{format.usd(call.provider_cost_usd)}</span>
      {call.cost_flags.map((flag) => (
        <span key={flag} class="block">
          <Flag tone={costFlags[flag].tone} title={costFlags[flag].means}>
            {flag}
          </Flag>
        </span>
      ))}
    </>
  );
}
