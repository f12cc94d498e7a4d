import { useState } from "preact/hooks";
import type { ApiError } from "../api.ts";
import type { DraftProps } from "./planFields.tsx";
import { type Draft, toRules } from "./draft.ts";
import { useMonth } from "./planPreview.tsx";
import { type DraftRules, usePreview } from "./plans.ts";

/** A plan while it is typed, with what the server says of it. */
export function useDraft(initial: Draft): {
  rules: DraftRules;
  dirty: boolean;
  replace: (draft: Draft) => void;
  fields: DraftProps;
  panel: ReturnType<typeof usePreview> & Pick<ReturnType<typeof useMonth>, "typed" | "set">;
} {
  const [draft, setDraft] = useState(initial);
  const { month, typed, set } = useMonth();
  const rules = toRules(draft);
  const answer = usePreview(rules, month);
  return {
    rules,
    dirty: JSON.stringify(draft) !== JSON.stringify(initial),
    replace: setDraft,
    fields: {
      draft,
      set: (name, value) => setDraft((before) => ({ ...before, [name]: value })),
      problem: (field) => problemOf(answer.error, field),
    },
    panel: { ...answer, typed, set },
  };
}

/** Rules name one wrong field in `field`; what the schema refuses stands in `errors`. */
function problemOf(error: ApiError | undefined, field: string): string | undefined {
  if (!error) return undefined;
  const listed = error.fields.find((one) => one.field === field);
  const message = listed?.message ?? (error.hints["field"] === field ? error.message : undefined);
  if (message === undefined) return undefined;
  const said = message.startsWith(`${field} `) ? message.slice(field.length + 1) : message;
  return said.charAt(0).toUpperCase() + said.slice(1);
}
