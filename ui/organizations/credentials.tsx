import { useState } from "preact/hooks";
import { useListState } from "../base/listState.ts";
import { AddCredential, CredentialTable } from "../credentials/credentialTable.tsx";
import { useCredentials } from "../credentials/credentials.ts";
import { organizations as words } from "../strings/organizations.ts";

/** The provider credentials that only calls of this organization's teams use. */
export function Credentials({ organizationId }: { organizationId: string }) {
  const state = useListState({});
  const read = useCredentials({ organization_id: organizationId, cursor: state.cursor });
  const [adding, setAdding] = useState(false);
  return (
    <section aria-label={words.credentials} class="min-w-0">
      <div class="mb-3 flex flex-wrap items-start justify-between gap-x-4 gap-y-2">
        <div class="min-w-0">
          <h2 class="text-13 font-semibold">{words.credentials}</h2>
          <p class="text-muted">{words.credentialsText}</p>
        </div>
        <AddCredential look="plain" onClick={() => setAdding(true)} />
      </div>
      <CredentialTable
        state={state}
        read={read}
        organizationId={organizationId}
        adding={adding}
        onAdding={setAdding}
        empty={{ title: words.credentialsEmptyTitle, text: words.credentialsEmptyText }}
      />
    </section>
  );
}
