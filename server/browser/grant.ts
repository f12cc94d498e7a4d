import { createHmac, timingSafeEqual } from "node:crypto";
import type { MasterKey } from "../kernel/sealing.ts";

/** What a browser may do for a few minutes: so many calls of one model in one job, from pages of one origin. */
export interface BrowserGrant {
  id: string;
  /** The key that gave it; the grant is worth nothing without it. */
  keyId: string;
  jobId: string;
  model: string;
  calls: number;
  /** `https://app.example.com` */
  origin: string;
  /** Milliseconds since 1970. */
  expiresAt: number;
}

const PREFIX = "sk-browser-";

export const isBrowserToken = (secret: string) => secret.startsWith(PREFIX);

/** `sk-browser-<grant as JSON, base64url>.<HMAC-SHA256 under the master key, base64url>`; nothing of it is stored. */
export function signGrant(masterKey: MasterKey, grant: BrowserGrant): string {
  const payload = Buffer.from(JSON.stringify(grant)).toString("base64url");
  return `${PREFIX}${payload}.${signature(masterKey, payload).toString("base64url")}`;
}

/** The grant that a token carries; undefined when we have not signed it. */
export function readGrant(masterKey: MasterKey, token: string): BrowserGrant | undefined {
  const [payload = "", signed = "", ...more] = token.slice(PREFIX.length).split(".");
  const given = Buffer.from(signed, "base64url");
  const ours = signature(masterKey, payload);
  if (more.length > 0 || given.length !== ours.length || !timingSafeEqual(given, ours)) {
    return undefined;
  }
  return JSON.parse(Buffer.from(payload, "base64url").toString("utf8")) as BrowserGrant;
}

/** The purpose is signed too, so that nothing else that the key signs passes for a grant. */
const signature = (masterKey: MasterKey, payload: string) =>
  createHmac("sha256", masterKey).update(`browser-token.${payload}`).digest();
