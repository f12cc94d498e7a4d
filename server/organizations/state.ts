/** What tells the state of an organization or a team. */
export interface Stateful<Status extends string = string> {
  status: Status;
  /** Of a pause; null = until somebody resumes it. */
  pausedUntil: Date | null;
}

/** The state that it is in: a pause ends by itself. */
export function statusAt({ status, pausedUntil }: Stateful, nowMs: number): string {
  const isOver = status === "paused" && pausedUntil !== null && pausedUntil.getTime() <= nowMs;
  return isOver ? "active" : status;
}

/** State, reason and end of a pause as they are shown at a time. */
export function stateAt(of: Stateful & { statusReason: string | null }, nowMs: number) {
  const status = statusAt(of, nowMs);
  return {
    status,
    status_reason: status === "active" ? null : of.statusReason,
    paused_until: status === "paused" ? (of.pausedUntil?.toISOString() ?? null) : null,
  };
}
