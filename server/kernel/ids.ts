import { randomBytes } from "node:crypto";

/** A UUIDv7 (RFC 9562, section 5.7): 48 bits of milliseconds, then 74 random bits. Sorts by time. */
export function uuidV7(nowMs: number): string {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(nowMs, 0, 6);
  bytes[6] = 0x70 | (bytes[6]! & 0x0f);
  bytes[8] = 0x80 | (bytes[8]! & 0x3f);
  const hex = bytes.toString("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** The smallest UUIDv7 of a millisecond: a bound for ids that were made at it or later. */
export function firstUuidV7(ms: number): string {
  const hex = Math.max(0, Math.floor(ms)).toString(16).padStart(12, "0");
  return `${hex.slice(0, 8)}-${hex.slice(8)}-0000-0000-000000000000`;
}

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Whether a text is a UUID in the form in which we write them, lower case. */
export function isUuid(text: string): boolean {
  return uuidPattern.test(text);
}

/** The pattern of a slug: 1 to 63 lower-case letters, digits and inner hyphens. */
export const slugPattern = "^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$";

/** A slug made from a name: "Aperture Freight, Inc." → "aperture-freight-inc"; empty when the name has no letter or digit. */
export function slugFromName(name: string): string {
  return name
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+/, "")
    .slice(0, 63)
    .replace(/-+$/, "");
}
