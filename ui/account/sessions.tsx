import type { SessionView } from "../../server/accounts/schema.ts";
import { Flag } from "../base/badge.tsx";
import { Button } from "../base/button.tsx";
import { FormProblem } from "../base/formProblem.tsx";
import { Panel } from "../base/panel.tsx";
import { Failure } from "../base/states.tsx";
import { type Column, RowControls, Table } from "../base/table.tsx";
import * as format from "../format.ts";
import { kit } from "../strings/kit.ts";
import { account as words } from "../strings/account.ts";
import { useEndSession, useOwnSessions } from "./account.ts";

/** Where one is signed in; each of them can be ended from here but the one that asks, which signs out. */
export function Sessions() {
  const { data, error, retry } = useOwnSessions();
  const end = useEndSession();
  const columns: Column<SessionView>[] = [
    {
      head: words.from,
      cell: ({ user_agent, address, current }) => (
        <div class="min-w-0">
          <div class="truncate font-medium" title={user_agent ?? undefined}>
            {browserOf(user_agent)} {current && <Flag tone="info">{words.thisSession}</Flag>}
          </div>
          <div class="truncate text-12 text-muted">{address ?? words.unknown}</div>
        </div>
      ),
    },
    {
      head: words.opened,
      width: "140px",
      from: "small",
      cell: (row) => <Ago at={row.created_at} />,
    },
    {
      head: words.lastSeen,
      width: "140px",
      from: "medium",
      cell: (row) => <Ago at={row.last_seen_at} />,
    },
    {
      head: kit.actions,
      quiet: true,
      width: "88px",
      cell: ({ session_id, current }) =>
        !current && (
          <RowControls>
            <Button size="small" disabled={end.running} onClick={() => end.run(session_id)}>
              {words.endSession}
            </Button>
          </RowControls>
        ),
    },
  ];
  return (
    <Panel title={words.sessions} flush>
      {error && !data ? (
        <Failure
          title={kit.notLoaded(words.sessions.toLowerCase())}
          error={error}
          onRetry={retry}
        />
      ) : (
        <Table
          caption={words.sessions}
          columns={columns}
          rows={data?.data}
          rowKey={({ session_id }) => session_id}
          skeletonRows={2}
        />
      )}
      {end.error && (
        <div class="p-4">
          <FormProblem error={end.error} />
        </div>
      )}
    </Panel>
  );
}

export function Ago({ at, never = "—" }: { at: string | null; never?: string }) {
  if (at === null) return <>{never}</>;
  return <span title={format.utc(at)}>{format.ago(at, Date.now())}</span>;
}

/** What most people would call it: the brand, and the system that it runs on. */
function browserOf(userAgent: string | null): string {
  if (userAgent === null) return words.unknown;
  const brand = ["Edg", "OPR", "Firefox", "Chrome", "Safari"].find((one) =>
    userAgent.includes(`${one}/`),
  );
  const names: Record<string, string> = { Edg: "Edge", OPR: "Opera" };
  const system = ["Windows", "Android", "iPhone", "iPad", "Mac OS X", "Linux"].find((one) =>
    userAgent.includes(one),
  );
  const name = brand === undefined ? userAgent.slice(0, 40) : (names[brand] ?? brand);
  return system === undefined ? name : `${name}, ${system === "Mac OS X" ? "macOS" : system}`;
}
