import { Dot } from "../base/badge.tsx";
import { Button } from "../base/button.tsx";
import { WarningIcon } from "../base/icons.tsx";
import * as format from "../format.ts";
import { useServerNow, useStatus } from "./status.ts";
import { shell } from "../strings/shell.ts";

/** One line for the sidebar: whether the server answers; its title says which version it is. */
export function ConnectionState() {
  const { status, error } = useStatus();
  const tone = error ? "bad" : status ? "ok" : "idle";
  return (
    <p class="flex min-w-0 items-center gap-2 text-12 text-muted" title={status?.version}>
      <Dot tone={tone} />
      <span>{error ? shell.notConnected : status ? shell.connected : shell.connecting}</span>
    </p>
  );
}

/** Says that what the page shows is old. The region stands from the start, so that its text is announced. */
export function ConnectionBanner() {
  const { status, error, retry } = useStatus();
  const nowMs = useServerNow();
  return (
    <div role="status">
      {error && status && (
        <div class="mb-5 flex flex-wrap items-center gap-x-3 gap-y-2 rounded-card border border-line bg-bad-soft px-4 py-2.5 text-bad">
          <WarningIcon />
          <p class="min-w-0 flex-1">
            <strong class="font-semibold">{error.message}</strong>{" "}
            {shell.stale(format.ago(status.now, nowMs))}
          </p>
          <Button size="small" onClick={retry}>
            {shell.tryNow}
          </Button>
        </div>
      )}
    </div>
  );
}
