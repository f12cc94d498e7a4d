import type { TSchema } from "@sinclair/typebox";

export type JsonSchema = Record<string, unknown>;

/** A value as JSON carries it: without the symbols of TypeBox. */
export const plainJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value)) as unknown;

/** TypeBox's pattern of a record with any names. */
const ANY_NAME = "^(.*)$";

/** TypeBox schemas as the JSON schemas of a document. Those with an `$id` become components, once, and are referred to. */
export class JsonSchemas {
  readonly components: Record<string, JsonSchema> = {};

  toJson(schema: TSchema): JsonSchema {
    return this.#convert(plainJson(schema) as JsonSchema);
  }

  #convert(schema: JsonSchema): JsonSchema {
    // `said` is for the sentences of refusals.
    const { $id, said: _, ...rest } = schema;
    if (typeof $id !== "string") return this.#fields(rest);
    this.components[$id] ??= this.#fields(rest);
    return { $ref: `#/components/schemas/${$id}` };
  }

  #fields(schema: JsonSchema): JsonSchema {
    const converted: JsonSchema = {};
    for (const [name, value] of Object.entries(schema)) {
      // Examples are data, and may look like schemas.
      converted[name] = keepsData.has(name) ? value : this.#child(name, value);
    }
    return simplified(converted);
  }

  #child(name: string, value: unknown): unknown {
    if (name === "properties" || name === "patternProperties") {
      return Object.fromEntries(
        Object.entries(value as Record<string, JsonSchema>).map(([field, schema]) => [
          field,
          this.#convert(schema),
        ]),
      );
    }
    if (Array.isArray(value)) {
      return value.map((entry: unknown) => (isSchema(entry) ? this.#convert(entry) : entry));
    }
    return isSchema(value) ? this.#convert(value) : value;
  }
}

const keepsData: ReadonlySet<string> = new Set([
  "examples",
  "default",
  "const",
  "enum",
  "required",
]);

const isSchema = (value: unknown): value is JsonSchema =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The same in the words that people and generators of clients know better: `enum` and `additionalProperties`. */
function simplified(schema: JsonSchema): JsonSchema {
  const { anyOf, patternProperties, ...rest } = schema;
  if (isSchema(patternProperties) && ANY_NAME in patternProperties) {
    return { ...rest, additionalProperties: patternProperties[ANY_NAME] };
  }
  if (Array.isArray(anyOf)) {
    const choices = anyOf as JsonSchema[];
    if (choices.length > 1 && choices.every((choice) => typeof choice["const"] === "string")) {
      return { ...rest, type: "string", enum: choices.map((choice) => choice["const"]) };
    }
  }
  return schema;
}
