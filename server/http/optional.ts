import { type TSchema, Type } from "@sinclair/typebox";

/** A field that may be left out. Clients that send unset fields as null mean the same: see `given`. */
export function optional<Schema extends TSchema>(schema: Schema, description?: string) {
  const said = description ?? schema.description;
  return Type.Optional(
    Type.Union([schema, Type.Null()], said === undefined ? {} : { description: said }),
  );
}

/** A body without the fields that are null. */
export type Given<Body> = { [Name in keyof Body]: Exclude<Body[Name], null> };

/** The fields that a client gave: null says the same as leaving a field out. What lies deeper keeps its nulls. */
export function given<Body extends object>(body: Body): Given<Body> {
  const fields = Object.entries(body).filter(([, value]) => value !== null);
  return Object.fromEntries(fields) as Given<Body>;
}
