import { useState } from "preact/hooks";
import { FilterBar } from "../base/filterBar.tsx";
import { useListState } from "../base/listState.ts";
import { PageHead } from "../shell/pageHead.tsx";
import { credentials as words } from "../strings/models.ts";
import { AddCredential, CredentialTable } from "./credentialTable.tsx";
import { useCredentials } from "./credentials.ts";

/** Keys of providers: what they are for, never what they are. */
export function PageCredentials() {
  const state = useListState({ filters: ["organization_id"] });
  const read = useCredentials(state.parameters);
  const [adding, setAdding] = useState(false);
  const add = <AddCredential onClick={() => setAdding(true)} />;
  return (
    <>
      <PageHead title={words.title} facts={words.facts} actions={add} />
      <FilterBar state={state} search={words.search} />
      <CredentialTable
        state={state}
        read={read}
        adding={adding}
        onAdding={setAdding}
        empty={{ title: words.emptyTitle, text: words.emptyText }}
      />
    </>
  );
}
