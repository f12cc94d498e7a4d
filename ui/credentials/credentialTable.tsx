import { useState } from "preact/hooks";
import { Badge } from "../base/badge.tsx";
import { Button } from "../base/button.tsx";
import { DataTable, type DataColumn, type Page } from "../base/dataTable.tsx";
import { KeyIcon, PlusIcon } from "../base/icons.tsx";
import type { ListState } from "../base/listState.ts";
import type { MenuItem } from "../base/menu.tsx";
import { RemovalDialog } from "../base/removalDialog.tsx";
import * as format from "../format.ts";
import type { Read } from "../query.ts";
import { admins, useCan } from "../session/permission.ts";
import { models, credentials as words } from "../strings/models.ts";
import { TenantLink } from "../tenants/tenantLink.tsx";
import { CredentialForm } from "./credentialForm.tsx";
import { CredentialTest } from "./credentialTest.tsx";
import { type CredentialView, useDeleteCredential, useSwitchCredential } from "./credentials.ts";
import { ReplaceKey } from "./replaceKey.tsx";

/** What opens the form for a new one; nothing for those who may not. */
export function AddCredential({
  look = "primary",
  onClick,
}: {
  look?: "primary" | "plain";
  onClick: () => void;
}) {
  if (!useCan()(admins)) return null;
  return (
    <Button look={look} onClick={onClick}>
      <PlusIcon />
      {words.add}
    </Button>
  );
}

/** Credentials, the platform's or one organization's, with all that is done with one. */
export function CredentialTable({
  state,
  read,
  organizationId,
  adding,
  onAdding,
  empty,
}: {
  state: ListState;
  read: Read<Page<CredentialView>>;
  /** Whose they are, a new one too; undefined = everyone's and each organization's. */
  organizationId?: string;
  /** The form for a new one is open; its button stands where the page wants it. */
  adding: boolean;
  onAdding: (adding: boolean) => void;
  empty: { title: string; text: string };
}) {
  const may = useCan()(admins);
  const [edited, setEdited] = useState<CredentialView>();
  const [replaced, setReplaced] = useState<CredentialView>();
  const [tested, setTested] = useState<CredentialView>();
  const [deleted, setDeleted] = useState<CredentialView>();
  const change = useSwitchCredential();
  const remove = useDeleteCredential(() => setDeleted(undefined));
  const actions = (credential: CredentialView): MenuItem[] => [
    { label: words.test, onSelect: () => setTested(credential) },
    { label: words.replace, onSelect: () => setReplaced(credential) },
    { label: models.edit, onSelect: () => setEdited(credential) },
    {
      label: credential.enabled ? words.off : words.on,
      onSelect: () => change.run(credential),
    },
    "line",
    { label: models.remove, danger: true, onSelect: () => setDeleted(credential) },
  ];
  return (
    <>
      <DataTable
        noun={words.noun}
        caption={words.caption}
        columns={
          organizationId === undefined
            ? columns
            : columns.filter(({ head }) => head !== words.owner)
        }
        read={read}
        state={state}
        rowKey={({ credential_id: id }) => id}
        rowName={({ name }) => name}
        actions={may ? actions : () => []}
        empty={{
          icon: <KeyIcon />,
          ...empty,
          action: <AddCredential onClick={() => onAdding(true)} />,
        }}
      />
      <CredentialForm
        open={adding || edited !== undefined}
        credential={edited}
        organizationId={organizationId}
        onClose={() => {
          onAdding(false);
          setEdited(undefined);
        }}
      />
      <ReplaceKey
        credential={replaced}
        onClose={() => setReplaced(undefined)}
        onDone={(saved) => {
          setReplaced(undefined);
          // Whether the provider takes it is the next question.
          setTested(saved);
        }}
      />
      <CredentialTest credential={tested} onClose={() => setTested(undefined)} />
      <RemovalDialog
        item={deleted}
        nameOf={({ name }) => name}
        words={words}
        change={remove}
        onClose={() => setDeleted(undefined)}
      />
    </>
  );
}

const columns: DataColumn<CredentialView>[] = [
  {
    head: words.one,
    cell: ({ name, has_key: hasKey, last_four: lastFour }) => (
      <>
        <span class="block truncate font-medium">{name}</span>
        <span class="block truncate font-mono text-12 text-muted">
          {hasKey ? `…${lastFour ?? ""}` : words.noKey}
        </span>
      </>
    ),
  },
  {
    head: words.status,
    width: "88px",
    cell: ({ enabled }) =>
      enabled ? <Badge tone="ok">{words.isOn}</Badge> : <Badge tone="idle">{words.isOff}</Badge>,
  },
  {
    head: words.base,
    width: "24%",
    from: "medium",
    cell: ({ api_base: base }) => (
      <span class="block truncate font-mono text-12">{base ?? "—"}</span>
    ),
  },
  {
    head: words.owner,
    width: "16%",
    from: "medium",
    cell: ({ organization_id: id, organization_name: name }) => (
      <span class="block truncate">
        {id ? <TenantLink kind="organization" id={id} name={name ?? id} /> : words.everyone}
      </span>
    ),
  },
  {
    head: words.models,
    width: "18%",
    from: "small",
    cell: ({ models: used }) => (
      <span class="block truncate">{used.join(", ") || words.noModels}</span>
    ),
  },
  {
    head: words.changed,
    width: "104px",
    number: true,
    from: "large",
    cell: ({ updated_at: at }) => <span title={format.utc(at)}>{format.ago(at, Date.now())}</span>,
  },
];
