import { useState } from "preact/hooks";
import { Badge } from "../base/badge.tsx";
import { Button } from "../base/button.tsx";
import { ConfirmDialog } from "../base/confirmDialog.tsx";
import { DataTable, type DataColumn } from "../base/dataTable.tsx";
import { FilterBar } from "../base/filterBar.tsx";
import { KeyIcon, PlusIcon } from "../base/icons.tsx";
import { useListState } from "../base/listState.ts";
import type { MenuItem } from "../base/menu.tsx";
import * as format from "../format.ts";
import { admins, useCan } from "../session/permission.ts";
import { PageHead } from "../shell/pageHead.tsx";
import { models, credentials as words } from "../strings/models.ts";
import { CredentialForm } from "./credentialForm.tsx";
import { CredentialTest } from "./credentialTest.tsx";
import {
  type CredentialView,
  useCredentials,
  useDeleteCredential,
  useSwitchCredential,
} from "./credentials.ts";

const noun = ["credential", "credentials"] as const;

/** Keys of providers: what they are for, never what they are. */
export function PageCredentials() {
  const may = useCan()(admins);
  const state = useListState({ filters: ["organization_id"] });
  const read = useCredentials(state.parameters);
  const [form, setForm] = useState<{ credential: CredentialView | undefined }>();
  const [tested, setTested] = useState<CredentialView>();
  const [deleted, setDeleted] = useState<CredentialView>();
  const change = useSwitchCredential();
  const remove = useDeleteCredential(() => setDeleted(undefined));
  const add = may && (
    <Button look="primary" onClick={() => setForm({ credential: undefined })}>
      <PlusIcon />
      {words.add}
    </Button>
  );
  const actions = (credential: CredentialView): MenuItem[] => [
    { label: words.test, onSelect: () => setTested(credential) },
    { label: models.edit, onSelect: () => setForm({ credential }) },
    {
      label: credential.enabled ? words.off : words.on,
      onSelect: () => change.run(credential),
    },
    "line",
    { label: models.remove, danger: true, onSelect: () => setDeleted(credential) },
  ];
  return (
    <>
      <PageHead title={words.title} facts={words.facts} actions={add} />
      <FilterBar state={state} search={words.search} />
      <DataTable
        noun={noun}
        caption="Credentials, by name"
        columns={columns}
        read={read}
        state={state}
        rowKey={({ credential_id: id }) => id}
        rowName={({ name }) => name}
        actions={may ? actions : () => []}
        empty={{
          icon: <KeyIcon />,
          title: words.emptyTitle,
          text: words.emptyText,
          action: add,
        }}
      />
      <CredentialForm
        open={form !== undefined}
        credential={form?.credential}
        onClose={() => setForm(undefined)}
      />
      <CredentialTest credential={tested} onClose={() => setTested(undefined)} />
      <ConfirmDialog
        open={deleted !== undefined}
        onClose={() => {
          setDeleted(undefined);
          remove.reset();
        }}
        title={words.removeTitle(deleted?.name ?? "")}
        action={words.removeAction}
        change={remove}
        input={{ credential_id: deleted?.credential_id ?? "", name: deleted?.name ?? "" }}
      >
        {words.removeText}
      </ConfirmDialog>
    </>
  );
}

const columns: DataColumn<CredentialView>[] = [
  {
    head: "Credential",
    cell: ({ name, has_key: hasKey, last_four: lastFour }) => (
      <>
        <span class="block truncate font-medium">{name}</span>
        <span class="block truncate font-mono text-12 text-muted">
          {hasKey ? `…${lastFour ?? ""}` : "no key"}
        </span>
      </>
    ),
  },
  {
    head: "Status",
    width: "88px",
    cell: ({ enabled }) =>
      enabled ? <Badge tone="ok">{words.isOn}</Badge> : <Badge tone="idle">{words.isOff}</Badge>,
  },
  {
    head: "Base URL",
    width: "24%",
    from: "medium",
    cell: ({ api_base: base }) => (
      <span class="block truncate font-mono text-12">{base ?? "—"}</span>
    ),
  },
  {
    head: "For",
    width: "16%",
    from: "medium",
    cell: ({ organization_id: owner }) => (
      <span class="block truncate">{owner ?? words.everyone}</span>
    ),
  },
  {
    head: "Models",
    width: "18%",
    from: "small",
    cell: ({ models: used }) => (
      <span class="block truncate">{used.join(", ") || words.noModels}</span>
    ),
  },
  {
    head: "Changed",
    width: "104px",
    number: true,
    from: "large",
    cell: ({ updated_at: at }) => <span title={format.utc(at)}>{format.ago(at, Date.now())}</span>,
  },
];
