import { Kind, type TSchema, Type, TypeRegistry } from "@sinclair/typebox";
import type { Amount } from "../kernel/money.ts";

interface AmountOptions {
  description?: string;
  examples?: readonly number[];
  minimum?: 0;
  exclusiveMinimum?: 0;
}

const AMOUNT = "Amount";

/** Room for more than an amount has digits. */
const LONGEST_TEXT = 40;

/** How many digits and decimals an amount may have is said by the rule that reads it, with what the client wrote. */
TypeRegistry.Set<AmountOptions>(AMOUNT, (schema, value) => {
  if (typeof value !== "number" && typeof value !== "string") return false;
  if (typeof value === "string" && value.length > LONGEST_TEXT) return false;
  if (schema.minimum !== undefined && Number(value) < 0) return false;
  return schema.exclusiveMinimum === undefined || !(Number(value) <= 0);
});

/** The field of an amount in a request. Clients in whose language decimals are no floats send texts. */
export const amount = (options: AmountOptions = {}) =>
  Type.Unsafe<Amount>({
    ...options,
    [Kind]: AMOUNT,
    anyOf: [
      { type: "number" },
      {
        type: "string",
        maxLength: LONGEST_TEXT,
        pattern: patternOf(options),
      },
    ],
  });

/** What is more than 0 has a digit other than 0, before its point or behind it. */
function patternOf({ minimum, exclusiveMinimum }: AmountOptions): string {
  if (exclusiveMinimum !== undefined)
    return "^([0-9]*[1-9][0-9]*(\\.[0-9]+)?|[0-9]+\\.[0-9]*[1-9][0-9]*)$";
  return minimum === undefined ? "^-?[0-9]+(\\.[0-9]+)?$" : "^[0-9]+(\\.[0-9]+)?$";
}

export const isAmount = (schema: TSchema) => schema[Kind] === AMOUNT;

/** Where in a body amounts stand: names, and `*` for every entry of a list or record. */
type Place = readonly string[];

const known = new WeakMap<TSchema, readonly Place[]>();

export function amountPlaces(schema: TSchema): readonly Place[] {
  let places = known.get(schema);
  if (!places) {
    places = [...placesIn(schema)];
    known.set(schema, places);
  }
  return places;
}

function* placesIn(schema: TSchema): Generator<Place> {
  if (isAmount(schema)) {
    yield [];
    return;
  }
  const below = function* (name: string, inner: TSchema): Generator<Place> {
    for (const place of placesIn(inner)) yield [name, ...place];
  };
  switch (schema[Kind]) {
    case "Union":
      for (const form of schema["anyOf"] as TSchema[]) yield* placesIn(form);
      return;
    case "Array":
      yield* below("*", schema["items"] as TSchema);
      return;
    case "Record":
      for (const inner of Object.values(schema["patternProperties"] as Record<string, TSchema>))
        yield* below("*", inner);
      return;
    case "Object":
      for (const [name, inner] of Object.entries(schema["properties"] as Record<string, TSchema>))
        yield* below(name, inner);
  }
}
