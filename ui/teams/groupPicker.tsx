import { Checkbox } from "../base/choices.tsx";
import { Skeleton } from "../base/states.tsx";
import * as format from "../format.ts";
import { useGroups } from "./teams.ts";

/** Which groups of models are granted; each says what is in it. */
export function GroupPicker({
  label,
  hint,
  error,
  value,
  onChange,
}: {
  label: string;
  hint?: string;
  error?: string | undefined;
  value: readonly string[];
  onChange: (groups: string[]) => void;
}) {
  const groups = useGroups();
  return (
    <fieldset class="min-w-0">
      <legend class="mb-1.5 font-medium">{label}</legend>
      <div class="grid max-h-48 gap-2 overflow-y-auto rounded-control border border-line px-3 py-2">
        {groups.data?.data.map((group) => (
          <Checkbox
            key={group.group_id}
            label={group.name}
            note={group.models.join(", ") || format.plural(0, "model")}
            checked={value.includes(group.group_id)}
            onChange={(chosen) =>
              onChange(
                chosen
                  ? [...value, group.group_id]
                  : value.filter((other) => other !== group.group_id),
              )
            }
          />
        )) ?? <Skeleton class="h-5 w-40" />}
      </div>
      <p class={`mt-1.5 text-12 ${error ? "text-bad" : "text-muted"}`}>
        {error ?? groups.error?.message ?? hint}
      </p>
    </fieldset>
  );
}
