import type { ComponentChildren } from "preact";
import { kit } from "../strings/kit.ts";
import { IconButton } from "./button.tsx";
import { CloseIcon } from "./icons.tsx";
import type { ListState } from "./listState.ts";

/** What a list is filtered by, with its way out. */
export function Chip({
  label,
  onRemove,
  children,
}: {
  label: string;
  onRemove: () => void;
  children: ComponentChildren;
}) {
  return (
    <span class="inline-flex h-8 max-w-72 items-center gap-1.5 rounded-control border border-edge bg-press pl-2.5 font-medium">
      <span class="font-normal text-muted">{label}</span>
      <span class="truncate">{children}</span>
      <IconButton label={kit.removeFilter(label)} small onClick={onRemove}>
        <CloseIcon class="size-3.5" />
      </IconButton>
    </span>
  );
}

/** Those filters of a list that only links set, by their labels; a chip for each that the address has. */
export function FilterChips({
  state,
  labels,
}: {
  state: ListState;
  labels: Readonly<Record<string, string>>;
}) {
  return (
    <>
      {Object.entries(labels).map(([name, label]) => {
        const value = state.filter(name);
        return (
          value !== undefined && (
            <Chip key={name} label={label} onRemove={() => state.setFilters({ [name]: undefined })}>
              {value}
            </Chip>
          )
        );
      })}
    </>
  );
}
