/** OWASP's least for Argon2id: 19 MiB, two passes, one lane. */
export const ARGON2ID = { memoryKiB: 19_456, passes: 2 } as const;

/** Argon2id in PHC form (`$argon2id$v=19$m=19456,t=2,p=1$…`), which every implementation reads. */
export interface PasswordHash {
  hash(password: string): Promise<string>;
  verify(password: string, phc: string): Promise<boolean>;
}

/** What this runtime has: Bun computes it natively and off the main thread, the others as WebAssembly. */
export async function passwordHash(): Promise<PasswordHash> {
  if ("Bun" in globalThis) return (await import("./password-bun.ts")).passwordHashOfBun;
  return (await import("./password-wasm.ts")).passwordHashInWasm;
}
