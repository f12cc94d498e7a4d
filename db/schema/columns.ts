import { bigint, customType, timestamp } from "drizzle-orm/pg-core";

/** Money and counters that outgrow 2^53: bigint on both sides. */
export const bigintColumn = (name: string) => bigint(name, { mode: "bigint" });

/** An instant, stored with its zone; read and written as `Date`. */
export const instant = (name: string) => timestamp(name, { withTimezone: true, mode: "date" });

const domain = <Data>(name: string) =>
  customType<{ data: Data; driverData: Data }>({ dataType: () => name });

/**
 * Domains instead of check constraints, on what every call writes: PostgreSQL compiles a domain's rule once a session, a
 * check's expression anew for every statement. Migration 0004 makes them.
 */
export const jobStatus = domain<string>("job_status");
export const callStatus = domain<string>("call_status");
export const holdState = domain<string>("hold_state");
/** Money that is never below 0. */
export const nonnegativeAmount = customType<{ data: bigint; driverData: string | bigint }>({
  dataType: () => "nonnegative_amount",
  fromDriver: (value) => BigInt(value),
});
export const nonnegativeCount = domain<number>("nonnegative_count");

/** Binary data: hashes and ciphertexts. */
export const bytes = customType<{ data: Uint8Array; driverData: Uint8Array }>({
  dataType: () => "bytea",
});
