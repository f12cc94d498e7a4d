import type { ComponentChildren } from "preact";

export type Tone = "ok" | "info" | "warn" | "bad" | "idle";

const tints: Record<Tone, string> = {
  ok: "bg-ok-soft text-ok",
  info: "bg-accent-soft text-accent",
  warn: "bg-warn-soft text-warn",
  bad: "bg-bad-soft text-bad",
  idle: "bg-idle-soft text-idle",
};
const dots: Record<Tone, string> = {
  ok: "bg-ok-dot",
  info: "bg-accent-dot",
  warn: "bg-warn-dot",
  bad: "bg-bad-dot",
  idle: "bg-idle-dot",
};

export function Dot({ tone }: { tone: Tone }) {
  return <span aria-hidden="true" class={`size-1.5 shrink-0 rounded-full ${dots[tone]}`} />;
}

/** A state: tint, dot and word together, because colour alone says nothing to many. */
export function Badge({ tone, children }: { tone: Tone; children: ComponentChildren }) {
  return (
    <span
      class={`inline-flex h-5 items-center gap-1.5 rounded-full px-2 text-12 font-medium whitespace-nowrap ${tints[tone]}`}
    >
      <Dot tone={tone} />
      {children}
    </span>
  );
}

/** A short remark on a value, quieter than a badge. */
export function Flag({
  tone,
  title,
  children,
}: {
  tone: Tone;
  title?: string;
  children: ComponentChildren;
}) {
  return (
    <span
      title={title}
      class={`inline-block rounded px-1 text-11 font-medium whitespace-nowrap ${tints[tone]}`}
    >
      {children}
    </span>
  );
}
