/** One value that differs between two states of a thing. */
export interface Difference {
  /** As JavaScript would reach it: `rules.tiers[0].price`. */
  path: string;
  before: unknown;
  after: unknown;
}

/** Where two values differ, down to the single value; lists and objects are compared by place. `undefined` = not there. */
export function differences(before: unknown, after: unknown, path = ""): Difference[] {
  if (isTree(before) && isTree(after) && Array.isArray(before) === Array.isArray(after)) {
    const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    return names.flatMap((name) =>
      differences(
        (before as Record<string, unknown>)[name],
        (after as Record<string, unknown>)[name],
        within(path, name, Array.isArray(before)),
      ),
    );
  }
  // Equal texts of JSON are equal values; what is compared came as JSON.
  if (JSON.stringify(before) === JSON.stringify(after)) return [];
  // What is there on one side only is listed by its parts, so that long values stay readable.
  if (before === undefined && isTree(after) && !isEmpty(after))
    return differences(emptyLike(after), after, path);
  if (after === undefined && isTree(before) && !isEmpty(before))
    return differences(before, emptyLike(before), path);
  return [{ path, before, after }];
}

const isTree = (value: unknown): value is object => typeof value === "object" && value !== null;
const isEmpty = (value: object) => Object.keys(value).length === 0;
const emptyLike = (value: object) => (Array.isArray(value) ? [] : {});

function within(path: string, name: string, inList: boolean): string {
  if (inList) return `${path}[${name}]`;
  return path === "" ? name : `${path}.${name}`;
}
