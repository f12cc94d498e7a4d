import { ARGON2ID, type PasswordHash } from "./password-hash.ts";

export const passwordHashOfBun: PasswordHash = {
  hash: (password) =>
    Bun.password.hash(password, {
      algorithm: "argon2id",
      memoryCost: ARGON2ID.memoryKiB,
      timeCost: ARGON2ID.passes,
    }),
  verify: (password, phc) => Bun.password.verify(password, phc, "argon2id"),
};
