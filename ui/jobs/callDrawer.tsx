import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import type { JobDetail } from "../../server/admin/schema.ts";
import type { CallDetail } from "../../server/calls/schema.ts";
import { Flag } from "../base/badge.tsx";
import { Button } from "../base/button.tsx";
import { Copyable } from "../base/copy.tsx";
import { Drawer } from "../base/dialog.tsx";
import { Problem } from "../base/problem.tsx";
import { Failure, Skeleton } from "../base/states.tsx";
import { KeyValues } from "../base/stats.tsx";
import * as format from "../format.ts";
import { support, useCan } from "../session/permission.ts";
import { jobs } from "../strings/jobs.ts";
import { CallAttempts } from "./callAttempts.tsx";
import { CallPrices } from "./callPrices.tsx";
import { costFlags } from "./callTable.tsx";
import { useMayRefund } from "./jobActions.tsx";
import { CallState } from "./jobState.tsx";
import { useBodies, useCall } from "./jobs.ts";

/** One call with everything that is known of it; its address is that of the job with `?call=`. */
export function CallDrawer({
  callId,
  job,
  onClose,
  onRefund,
}: {
  callId: string | undefined;
  /** Whose call it is; undefined while it is read. */
  job: JobDetail | undefined;
  onClose: () => void;
  /** Something of the job's charge is to be given back: what the call was charged, if it was charged by itself. */
  onRefund: (credits: number | undefined) => void;
}) {
  return (
    <Drawer open={callId !== undefined} onClose={onClose} title={jobs.call}>
      {callId !== undefined && (
        <CallBody key={callId} callId={callId} job={job} onRefund={onRefund} />
      )}
    </Drawer>
  );
}

function CallBody({
  callId,
  job,
  onRefund,
}: {
  callId: string;
  job: JobDetail | undefined;
  onRefund: (credits: number | undefined) => void;
}) {
  const { data: call, error, retry } = useCall(callId);
  if (error && !call) return <Failure title={jobs.callMissing} error={error} onRetry={retry} />;
  if (!call) return <Skeleton class="h-64 w-full" />;
  return (
    <div class="grid gap-6">
      <div>
        <p class="flex flex-wrap items-center gap-2">
          <span class="text-18 font-semibold tracking-[-0.015em] break-all">{call.model}</span>
          <CallState status={call.status} />
          {call.stream && <Flag tone="idle">{jobs.stream}</Flag>}
          {call.cache_hit && <Flag tone="ok">{jobs.cacheHit}</Flag>}
        </p>
        <p class="mt-1 font-mono text-12 break-all text-muted">{call.target ?? "—"}</p>
      </div>
      {call.error_code && (
        <Problem>
          <code class="font-mono text-12">{call.error_code}</code> {call.error_message}
        </Problem>
      )}
      {call.lost && <Problem>{jobs.lost}</Problem>}
      <CallAttempts attempts={call.attempts} />
      <Money call={call} />
      {job && <Refund call={call} job={job} onRefund={onRefund} />}
      <Tokens call={call} />
      <CallPrices call={call} />
      <About call={call} />
      <Bodies callId={callId} />
    </div>
  );
}

function Section({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <section aria-label={title} class="min-w-0">
      <h3 class="mb-1 text-13 font-semibold">{title}</h3>
      {children}
    </section>
  );
}

function Refund({
  call,
  job,
  onRefund,
}: {
  call: CallDetail;
  job: JobDetail;
  onRefund: (credits: number | undefined) => void;
}) {
  if (!useMayRefund(job)) return null;
  const own = call.credits_charged > 0 ? call.credits_charged : undefined;
  return (
    <div class="-mt-3">
      <Button size="small" onClick={() => onRefund(own)}>
        {own === undefined ? jobs.refundItsJob : jobs.refundCall}
      </Button>
    </div>
  );
}

function Money({ call }: { call: CallDetail }) {
  const { provider_cost_usd: ours, litellm_cost_usd: theirs } = call;
  const larger = Math.max(ours ?? 0, theirs ?? 0);
  const apart =
    ours !== null && theirs !== null && larger > 0 ? Math.abs(ours - theirs) / larger : 0;
  const exact = (usd: number | null) => (usd === null ? "—" : format.usdExact(usd));
  return (
    <Section title={jobs.money}>
      <KeyValues
        rows={[
          {
            name: jobs.ours,
            value: (
              <span class="flex flex-wrap items-center gap-2 font-medium tabular-nums">
                {exact(ours)}
                {call.cost_flags.map((flag) => (
                  <Flag key={flag} tone={costFlags[flag].tone} title={costFlags[flag].means}>
                    {flag}
                  </Flag>
                ))}
              </span>
            ),
          },
          {
            name: jobs.theirs,
            value: (
              <span class="tabular-nums">
                {exact(theirs)}
                {apart > 0 && (
                  <span class="text-muted"> · {jobs.apart(format.percent(apart))}</span>
                )}
              </span>
            ),
          },
          { name: jobs.worst, value: exact(call.worst_cost_usd) },
          { name: jobs.heldThen, value: format.credits(call.credits_held) },
          { name: jobs.chargedCall, value: format.credits(call.credits_charged) },
        ]}
      />
    </Section>
  );
}

function Tokens({ call }: { call: CallDetail }) {
  return (
    <Section title={jobs.tokens}>
      <KeyValues
        rows={[
          { name: jobs.tokenKinds.input, value: format.count(call.input_tokens) },
          { name: jobs.tokenKinds.cached, value: format.count(call.cached_input_tokens) },
          { name: jobs.tokenKinds.written, value: format.count(call.cache_write_tokens) },
          { name: jobs.tokenKinds.output, value: format.count(call.output_tokens) },
          { name: jobs.tokenKinds.reasoning, value: format.count(call.reasoning_tokens) },
        ]}
      />
    </Section>
  );
}

function About({ call }: { call: CallDetail }) {
  return (
    <Section title={jobs.about}>
      <KeyValues
        rows={[
          { name: jobs.callId, value: <Copyable text={call.call_id} what={jobs.theCallsId} /> },
          { name: jobs.started, value: format.moment(call.created_at) },
          { name: jobs.latency, value: format.duration(call.latency_ms) },
          { name: jobs.firstToken, value: format.duration(call.first_token_ms) },
          { name: jobs.endpoint, value: call.endpoint },
          { name: jobs.purpose, value: call.purpose ?? "—" },
          { name: jobs.finish, value: call.finish_reason ?? "—" },
          {
            name: jobs.instance,
            value: <code class="font-mono text-12">{format.shortId(call.instance_id)}</code>,
          },
        ]}
      />
    </Section>
  );
}

/** Read only when asked for: they are the customer's own words, and each reading decrypts them. */
function Bodies({ callId }: { callId: string }) {
  const may = useCan()(support);
  const [shown, setShown] = useState(false);
  const { data: bodies, error, retry } = useBodies(callId, shown);
  if (!may) return null;
  return (
    <Section title={jobs.bodies}>
      {!shown ? (
        <div class="mt-2">
          <Button size="small" onClick={() => setShown(true)}>
            {jobs.showBodies}
          </Button>
        </div>
      ) : error?.code === "not_found" ? (
        <p class="text-muted">{jobs.bodiesNone}</p>
      ) : error ? (
        <Failure title={jobs.bodies} error={error} onRetry={retry} />
      ) : !bodies ? (
        <Skeleton class="h-24 w-full" />
      ) : (
        <div class="grid gap-3">
          <Stored name={jobs.request} value={bodies.request} />
          {bodies.response === null ? (
            <p class="text-muted">{jobs.noAnswer}</p>
          ) : (
            <Stored name={jobs.answer} value={bodies.response} />
          )}
        </div>
      )}
    </Section>
  );
}

function Stored({ name, value }: { name: string; value: unknown }) {
  return (
    <div class="min-w-0">
      <p class="text-12 text-muted">{name}</p>
      <pre
        tabIndex={0}
        role="region"
        aria-label={name}
        class="focus-ring mt-1 max-h-80 overflow-auto rounded-control border border-line bg-rail px-3 py-2 font-mono text-11 break-words whitespace-pre-wrap"
      >
        {typeof value === "string" ? value : JSON.stringify(value, null, 2)}
      </pre>
    </div>
  );
}
