import type { JobView } from "../../server/admin/schema.ts";
import type { CallView } from "../../server/calls/schema.ts";
import { Badge, type Tone } from "../base/badge.tsx";
import * as format from "../format.ts";

const jobTones: Record<JobView["status"], Tone> = {
  pending: "idle",
  in_progress: "info",
  completed: "ok",
  failed: "bad",
  cancelled: "idle",
  expired: "warn",
};
const callTones: Record<CallView["status"], Tone> = {
  in_flight: "info",
  succeeded: "ok",
  failed: "bad",
  aborted: "warn",
};

export function JobState({ status }: { status: JobView["status"] }) {
  return <Badge tone={jobTones[status]}>{format.label(status)}</Badge>;
}

export function CallState({ status }: { status: CallView["status"] }) {
  return <Badge tone={callTones[status]}>{format.label(status)}</Badge>;
}
