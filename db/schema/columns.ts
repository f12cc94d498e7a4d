import { bigint, customType, timestamp } from "drizzle-orm/pg-core";

/** Money and counters that outgrow 2^53: bigint on both sides. */
export const bigintColumn = (name: string) => bigint(name, { mode: "bigint" });

/** An instant, stored with its zone; read and written as `Date`. */
export const instant = (name: string) => timestamp(name, { withTimezone: true, mode: "date" });

/** Binary data: hashes and ciphertexts. */
export const bytes = customType<{ data: Uint8Array; driverData: Uint8Array }>({
  dataType: () => "bytea",
});
