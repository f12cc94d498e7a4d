import { Kind, type TSchema } from "@sinclair/typebox";
import { type ValueError, type ValueErrorIterator, ValueErrorType } from "@sinclair/typebox/errors";
import { isAmount } from "./amounts.ts";
import { quotable } from "./quoting.ts";

/** One wrong field, in a sentence that a person can act on. */
export interface FieldError {
  /** As JavaScript would reach it: `messages[0].role`; `body` for the whole. */
  field: string;
  message: string;
}

const MOST_ERRORS = 20;
/** The fields of a large object are not all listed. */
const MOST_KNOWN_FIELDS = 40;

/** The first error of every wrong field, in the order of the schema; and whether nothing but amounts is wrong. */
export function fieldErrors(errors: ValueErrorIterator): {
  errors: FieldError[];
  onlyAmounts: boolean;
} {
  const found = new Map<string, FieldError>();
  let onlyAmounts = true;
  for (const error of innermost(errors)) {
    if (found.has(error.path)) continue;
    const field = fieldOf(error.path);
    found.set(error.path, { field, message: `${field} ${sentenceOf(error)}.` });
    onlyAmounts &&= isWrongAmount(error);
    if (found.size === MOST_ERRORS) break;
  }
  return { errors: [...found.values()], onlyAmounts };
}

function isWrongAmount({ schema, value }: ValueError): boolean {
  if (typeof value !== "number" && typeof value !== "string") return false;
  const forms = schema[Kind] === "Union" ? (schema["anyOf"] as TSchema[]) : [schema];
  return forms.some(isAmount);
}

/**
 * TypeBox says of a choice only that nothing in it fits. Where one form alone is a list or object like the value, what is wrong
 * lies inside, and the errors of that form name it.
 */
function* innermost(errors: Iterable<ValueError>): Generator<ValueError> {
  for (const error of errors) {
    const inside = error.type === ValueErrorType.Union ? onlyForm(error) : undefined;
    if (inside) yield* innermost(inside);
    else yield error;
  }
}

function onlyForm({ schema, value, errors }: ValueError): ValueErrorIterator | undefined {
  const forms = schema["anyOf"] as TSchema[];
  const alike = errors.filter((_, index) => contains(forms[index]!, value));
  return alike.length === 1 ? alike[0] : undefined;
}

/** Whether a list or object that a schema describes could be meant by the value. */
function contains(schema: TSchema, value: unknown): boolean {
  switch (schema[Kind]) {
    case "Union":
      return (schema["anyOf"] as TSchema[]).some((form) => contains(form, value));
    case "Array":
      return Array.isArray(value);
    case "Object":
    case "Record":
      return typeof value === "object" && value !== null && !Array.isArray(value);
    default:
      return false;
  }
}

/** A JSON pointer as JavaScript: `/messages/0/role` → `messages[0].role`. */
function fieldOf(pointer: string): string {
  if (pointer === "") return "body";
  const parts = pointer.slice(1).split("/");
  return parts
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~").slice(0, 100))
    .map((part, index) => (/^\d+$/.test(part) ? `[${part}]` : index === 0 ? part : `.${part}`))
    .join("");
}

function sentenceOf(error: ValueError): string {
  const { schema } = error;
  if (error.type === ValueErrorType.ObjectRequiredProperty)
    return `is missing; it must be ${allowed(schema)}`;
  if (error.type === ValueErrorType.ObjectAdditionalProperties)
    return `is not a field of this request${known(schema)}`;
  if (error.type === ValueErrorType.ObjectMinProperties)
    return `has no field${known(schema)}; send one at least`;
  return `is ${found(error)}; it must be ${allowed(schema)}`;
}

function known(schema: TSchema): string {
  const names = Object.keys((schema["properties"] as object | undefined) ?? {});
  if (names.length === 0) return "; it takes none";
  if (names.length > MOST_KNOWN_FIELDS) return "";
  return `; its fields are ${names.join(", ")}`;
}

/** What was found: short texts as they are unless they may be secrets, else their size; and numbers as they are. */
function found({ value, schema, path }: ValueError): string {
  if (value === null) return "null";
  if (Array.isArray(value))
    return value.length === 0 ? "an empty list" : `a list of ${value.length}`;
  if (typeof value === "string")
    return value === "" ? "an empty text" : (quotable(value, path, schema) ?? textOf(value));
  if (typeof value === "object") return "an object";
  if (typeof value === "number") return schema["writeOnly"] ? "a number" : String(value);
  return typeof value === "boolean" ? String(value) : "missing";
}

const textOf = (value: string) => `a text of ${count(value.length, "character")}`;

const plurals = { character: "characters", entry: "entries" } as const;

const count = (number: number, noun: keyof typeof plurals) =>
  `${number} ${number === 1 ? noun : plurals[noun]}`;

/** The bounds that a schema of some kind may have. */
type Bounded = TSchema & {
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
};

/**
 * What a schema allows, in words. A text with a pattern says in its annotation `said` what the pattern wants, as it follows
 * "a text": `of lower-case letters`.
 */
function allowed(schema: Bounded): string {
  if (isAmount(schema))
    return `an amount such as 12.5${schema.minimum === 0 ? ", 0 or more" : ""}${schema.exclusiveMinimum === 0 ? ", more than 0" : ""}`;
  switch (schema[Kind]) {
    case "Union":
      return unionAllows(schema["anyOf"] as TSchema[]);
    case "Literal":
      return JSON.stringify(schema["const"]);
    case "String":
      return textAllowed(schema);
    case "Integer":
      return `a whole number${range(schema)}`;
    case "Number":
      return `a number${range(schema)}`;
    case "Boolean":
      return "true or false";
    case "Array":
      return `a list${sizes({ least: schema.minItems, most: schema.maxItems }, "entry")}`;
    case "Null":
      return "null";
    default:
      return "an object";
  }
}

function unionAllows(choices: readonly TSchema[]): string {
  const literals = choices.filter((choice) => choice[Kind] === "Literal");
  if (literals.length === choices.length && literals.length > 2) {
    return `one of ${literals.map(allowed).join(", ")}`;
  }
  return choices.map(allowed).join(" or ");
}

function textAllowed(schema: Bounded): string {
  const format: unknown = schema["format"];
  if (format === "date-time") return "an instant of the calendar such as 2026-11-23T12:00:00Z";
  if (format === "date") return "a day of the calendar such as 2026-11-23";
  const size = sizes({ least: schema.minLength, most: schema.maxLength }, "character");
  if (schema["pattern"] === undefined) return `a text${size}`;
  const said: unknown = schema["said"];
  if (typeof said !== "string") return `a text${size} that matches ${String(schema["pattern"])}`;
  return `a text${size}${size === "" ? "" : ","} ${said}`;
}

function sizes(
  { least, most }: { least: number | undefined; most: number | undefined },
  unit: keyof typeof plurals,
): string {
  if (least !== undefined && most !== undefined) return ` of ${least} to ${count(most, unit)}`;
  if (most !== undefined) return ` of at most ${count(most, unit)}`;
  return least === undefined ? "" : ` of at least ${count(least, unit)}`;
}

function range(schema: Bounded): string {
  const { minimum, maximum, exclusiveMinimum } = schema;
  if (exclusiveMinimum !== undefined) return ` above ${exclusiveMinimum}`;
  if (minimum !== undefined && maximum !== undefined) return ` from ${minimum} to ${maximum}`;
  if (maximum !== undefined) return ` of at most ${maximum}`;
  return minimum === undefined ? "" : ` of at least ${minimum}`;
}
