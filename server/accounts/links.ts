import { randomBytes } from "node:crypto";
import { DomainError } from "../kernel/errors.ts";

/** 256 bits, so that a plain SHA-256 of it may be stored. */
export const newSecret = () => randomBytes(32).toString("base64url");

/** The address that a token is opened at. It stands in the fragment, which browsers send to no server and no log. */
export function linkUrl(
  adminUrl: string,
  page: "setup" | "invitation" | "reset",
  token: string,
): string {
  return `${adminUrl}/${page}#token=${token}`;
}

/** A link that was made: its token is told this once. */
export interface Link {
  token: string;
  expiresAt: Date;
}

export const linkInvalid = () =>
  new DomainError(
    "link_invalid",
    "This link is not known, has expired, was used or was taken back. Ask for another.",
  );
