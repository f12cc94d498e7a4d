import type { CredentialView } from "../../server/models/credential-schema.ts";
import { Badge } from "../base/badge.tsx";
import type { Page } from "../base/dataTable.tsx";
import { KeyIcon } from "../base/icons.tsx";
import { Panel } from "../base/panel.tsx";
import { Empty, Failure, NotCurrent } from "../base/states.tsx";
import { Table } from "../base/table.tsx";
import { useRead } from "../query.ts";
import { kit } from "../strings/kit.ts";
import { organizations as words } from "../strings/organizations.ts";

/** The provider credentials that only calls of this organization's teams use. */
export function Credentials({ organizationId }: { organizationId: string }) {
  const { data, error, retry } = useRead<Page<CredentialView>>("/api/credentials", {
    parameters: { organization_id: organizationId, limit: 200 },
  });
  const heads = words.credentialColumns;
  return (
    <Panel title={words.credentials} flush badge={error && data && <NotCurrent error={error} />}>
      {!data && error ? (
        <Failure
          title={kit.notLoaded(words.tabs.credentials.toLowerCase())}
          error={error}
          onRetry={retry}
        />
      ) : data?.data.length === 0 ? (
        <Empty
          icon={<KeyIcon />}
          title={words.credentialsEmptyTitle}
          text={words.credentialsEmptyText}
        />
      ) : (
        <Table
          caption={words.credentialCaption}
          rows={data?.data}
          rowKey={(row) => row.credential_id}
          skeletonRows={3}
          columns={[
            {
              head: heads.name,
              cell: (row) => <span class="block truncate font-medium">{row.name}</span>,
            },
            {
              head: heads.key,
              width: "104px",
              cell: (row) => (
                <code class="font-mono text-12 text-muted">
                  {row.has_key ? `…${row.last_four ?? ""}` : words.noKey}
                </code>
              ),
            },
            {
              head: heads.base,
              width: "28%",
              from: "medium",
              cell: (row) => (
                <span class="block truncate text-ink-2">{row.api_base ?? words.usualBase}</span>
              ),
            },
            {
              head: heads.models,
              width: "20%",
              from: "small",
              cell: (row) => (
                <span class="block truncate text-ink-2" title={row.models.join(", ")}>
                  {row.models.join(", ") || "—"}
                </span>
              ),
            },
            {
              head: heads.state,
              width: "124px",
              cell: (row) => (
                <Badge tone={row.enabled ? "ok" : "idle"}>
                  {row.enabled ? words.enabled : words.disabled}
                </Badge>
              ),
            },
          ]}
        />
      )}
    </Panel>
  );
}
