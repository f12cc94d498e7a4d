import { randomInt } from "node:crypto";
import { sha256 } from "../kernel/sealing.ts";

/** Crockford's Base32: no letter looks like a digit. */
const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/** 100 random bits: nobody guesses them, so a plain SHA-256 protects them. */
const LENGTH = 20;

/** A new code as people read and type it: `7K2M9-…`, four groups of five. */
export function newTopUpCode(): string {
  const text = Array.from({ length: LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]).join("");
  return text.match(/.{5}/g)!.join("-");
}

/** What a code is stored and found by. Case, spaces, hyphens and letters that look like digits do not matter. */
export function topUpCodeHash(code: string): Buffer {
  const plain = code.toUpperCase().replace(/[\s-]/g, "").replace(/O/g, "0").replace(/[IL]/g, "1");
  return sha256(plain);
}
