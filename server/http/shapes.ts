import { type TSchema, Type } from "@sinclair/typebox";

/** What features' wire shapes are made of. */

/** ISO 8601. */
export const instant = Type.String({ format: "date-time" });

/** A schema or null; the description says what null means. */
export const nullable = <Schema extends TSchema>(schema: Schema, description?: string) =>
  Type.Union([schema, Type.Null()], description === undefined ? {} : { description });

export const instantOrNull = (description: string) => nullable(instant, description);
export const textOrNull = (description: string) => nullable(Type.String(), description);
