import { createCipheriv, createDecipheriv, hash, randomBytes } from "node:crypto";

/**
 * Encryption at rest: AES-256-GCM under the master key. A sealed value is nonce (12 bytes), tag (16), ciphertext.
 * `purpose` is authenticated with it, so that a value sealed for one column cannot be opened as another's. It is the column's
 * name, `table.column`, and such a column's name begins with `sealed_`: the rotation of the master key finds it by that.
 */
export type MasterKey = Uint8Array;

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

export function seal(
  masterKey: MasterKey,
  purpose: string,
  plaintext: string | Uint8Array,
): Uint8Array {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv("aes-256-gcm", masterKey, nonce).setAAD(Buffer.from(purpose));
  const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), ciphertext]);
}

/** The plaintext of a sealed value. Throws when the key or purpose is another one, or the value was changed. */
export function unseal(masterKey: MasterKey, purpose: string, sealed: Uint8Array): Buffer {
  const decipher = createDecipheriv("aes-256-gcm", masterKey, sealed.subarray(0, NONCE_BYTES))
    .setAAD(Buffer.from(purpose))
    .setAuthTag(sealed.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
  return Buffer.concat([
    decipher.update(sealed.subarray(NONCE_BYTES + TAG_BYTES)),
    decipher.final(),
  ]);
}

/** SHA-256; how secrets of 256 random bits are stored and compared. */
export const sha256 = (text: string | Uint8Array): Buffer => hash("sha256", text, "buffer");
