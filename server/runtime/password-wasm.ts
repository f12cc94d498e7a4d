import { randomBytes } from "node:crypto";
import { argon2id, argon2Verify } from "hash-wasm";
import { ARGON2ID, type PasswordHash } from "./password-hash.ts";

/** Under Deno, and under Node in tests. */
export const passwordHashInWasm: PasswordHash = {
  hash: (password) =>
    argon2id({
      password,
      salt: randomBytes(16),
      memorySize: ARGON2ID.memoryKiB,
      iterations: ARGON2ID.passes,
      parallelism: 1,
      hashLength: 32,
      outputType: "encoded",
    }),
  verify: (password, phc) => argon2Verify({ password, hash: phc }),
};
