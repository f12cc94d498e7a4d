import type { ComponentChildren } from "preact";
import { kit } from "../strings/kit.ts";
import { Button } from "./button.tsx";
import { SearchInput } from "./field.tsx";
import type { ListState } from "./listState.ts";
import { type Choice, FilterSelect } from "./select.tsx";

export interface Filter {
  /** The API's parameter. */
  name: string;
  label: string;
  choices: readonly Choice[];
}

/** Search and filters above a table, with the way back to all rows; `children` are further filters, `end` stands right. */
export function FilterBar({
  state,
  search,
  filters = [],
  children,
  end,
}: {
  state: ListState;
  /** What the search looks at: "Name, organization or id". None = no search. */
  search?: string;
  filters?: readonly Filter[];
  children?: ComponentChildren;
  end?: ComponentChildren;
}) {
  return (
    <div class="mb-3 flex flex-wrap items-center gap-2" role="search">
      {search && <SearchInput label={search} value={state.search} onInput={state.setSearch} />}
      {filters.map(({ name, label, choices }) => (
        <FilterSelect
          key={name}
          label={label}
          choices={choices}
          value={state.filter(name)}
          onChange={(value) => state.setFilters({ [name]: value })}
        />
      ))}
      {children}
      {state.filtered && (
        <Button look="ghost" onClick={state.clear}>
          {kit.clear}
        </Button>
      )}
      {end && <div class="ml-auto flex items-center gap-2 text-muted">{end}</div>}
    </div>
  );
}
