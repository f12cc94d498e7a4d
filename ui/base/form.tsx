import { useRef, useState } from "preact/hooks";
import type { FieldProblem } from "../api.ts";
import type { Change } from "../query.ts";
import { useDialogHold } from "./dialogHold.ts";
import { useUnsavedGuard } from "./leaving.tsx";

type Problems = Partial<Record<string, string>>;

export interface Form<Values> {
  values: Values;
  set: <Name extends keyof Values>(name: Name, value: Values[Name]) => void;
  /** What is wrong with a field: by the page's own check once the form was sent, else by the server's answer. */
  problem: (name: string) => string | undefined;
  dirty: boolean;
  submit: () => void;
  running: boolean;
  /** The server's answer as far as no field of the form says it. */
  error: Change<unknown>["error"];
}

/**
 * A form around one change. `fields` names the form's fields by the names of the API, so that the problems of the server's
 * answer stand where they belong. A form on a page, not one in a dialog, is `guarded` against being left unsaved.
 */
export function useForm<Values extends object, Input>(options: {
  initial: Values;
  /** What can be said without the server, by field; nothing = send. */
  check?: (values: Values) => Problems;
  toInput: (values: Values) => Input;
  change: Change<Input>;
  guarded?: boolean;
}): Form<Values> {
  const { initial, check, toInput, change, guarded = false } = options;
  const [values, setValues] = useState(initial);
  const [sent, setSent] = useState(false);
  /** Fields that were changed after the server refused them: its problem is about what stood there before. */
  const [mended, setMended] = useState<ReadonlySet<string>>(new Set());
  const dirty = JSON.stringify(values) !== JSON.stringify(initial);
  const submitted = useRef<Values | undefined>(undefined);
  // What is saved may be left, before it has been read anew.
  const isSaved = change.done && submitted.current === values;
  useUnsavedGuard(guarded && dirty && !change.running && !isSaved);
  useDialogHold(change.running ? "everything" : dirty ? "clicks" : undefined);

  const own = sent && check ? check(values) : {};
  const theirs = change.error?.fields ?? [];
  const names = Object.keys(values);
  const problem = (name: string) =>
    own[name] ?? (mended.has(name) ? undefined : fieldProblem(theirs, name));
  return {
    values,
    set: (name, value) => {
      setValues((before) => ({ ...before, [name]: value }));
      setMended((before) => new Set(before).add(String(name)));
    },
    problem,
    dirty,
    submit: () => {
      setSent(true);
      setMended(new Set());
      const wrong = check ? Object.values(check(values)).some(Boolean) : false;
      if (wrong || change.running) return;
      submitted.current = values;
      change.run(toInput(values));
    },
    running: change.running,
    error:
      theirs.length > 0 && theirs.every(({ field }) => names.includes(rootOf(field)))
        ? undefined
        : change.error,
  };
}

const rootOf = (field: string) => /^[^.[]*/.exec(field)?.[0] ?? field;

/** The first problem of a field or of anything inside it; sentences begin with the field's API name, which the label says already. */
export function fieldProblem(problems: readonly FieldProblem[], name: string): string | undefined {
  const found =
    problems.find(({ field }) => field === name) ??
    problems.find(({ field }) => rootOf(field) === name);
  if (!found) return undefined;
  const text = found.message.startsWith(`${found.field} `)
    ? found.message.slice(found.field.length + 1)
    : found.message;
  return text.charAt(0).toUpperCase() + text.slice(1);
}
