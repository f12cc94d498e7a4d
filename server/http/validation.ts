import { FormatRegistry, Kind, type Static, type TSchema } from "@sinclair/typebox";
import { TypeCompiler, type TypeCheck } from "@sinclair/typebox/compiler";
import { DomainError } from "../kernel/errors.ts";
import { isDay, isInstant } from "../kernel/instants.ts";
import { fieldErrors } from "./validation-messages.ts";

// TypeBox knows no formats of its own and refuses every text of an unknown one.
FormatRegistry.Set("date-time", isInstant);
FormatRegistry.Set("date", isDay);
FormatRegistry.Set("uuid", (text) => /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text));

const compiled = new WeakMap<TSchema, TypeCheck<TSchema>>();

function checkOf(schema: TSchema): TypeCheck<TSchema> {
  let check = compiled.get(schema);
  if (!check) {
    check = TypeCompiler.Compile(schema);
    compiled.set(schema, check);
  }
  return check;
}

/**
 * The value, when it is what the schema says. Throws `invalid_request`, or `amount_invalid` where only amounts are wrong, with one entry in `errors` for every wrong field: its
 * name, what was found (never a secret, nor what is said to a model) and what is allowed.
 */
export function validated<Schema extends TSchema>(schema: Schema, value: unknown): Static<Schema> {
  const check = checkOf(schema);
  if (check.Check(value)) return value;
  const { errors, onlyAmounts } = fieldErrors(check.Errors(value));
  throw new DomainError(
    onlyAmounts ? "amount_invalid" : "invalid_request",
    errors.map((error) => error.message).join(" "),
    {
      hints: { field: errors[0]?.field, errors },
    },
  );
}

/** Query parameters by the same rules; texts of numbers become such where the schema wants them. A repeated name is refused. */
export function validatedQuery<Schema extends TSchema>(
  schema: Schema,
  parameters: URLSearchParams,
): Static<Schema> {
  const values = new Map<string, string | number>();
  const fields = (schema["properties"] ?? {}) as Record<string, TSchema | undefined>;
  for (const [name, value] of parameters) {
    if (values.has(name)) throw refused(name, `${name} is given twice.`);
    if (value.includes("\0")) throw refused(name, `${name} contains a NUL character.`);
    const kind: unknown = Object.hasOwn(fields, name) ? fields[name]?.[Kind] : undefined;
    const wantsNumber = kind === "Integer" || kind === "Number";
    values.set(name, wantsNumber && /^-?\d+(?:\.\d+)?$/.test(value) ? Number(value) : value);
  }
  return validated(schema, Object.fromEntries(values));
}

function refused(field: string, message: string): DomainError {
  return new DomainError("invalid_request", message, {
    hints: { field, errors: [{ field, message }] },
  });
}
