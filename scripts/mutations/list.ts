import { cachedCallMutations } from "./cached-calls.ts";
import { callMutations } from "./calls.ts";
import { jobMutations } from "./jobs.ts";
import type { Mutation } from "./mutation.ts";
import { plainCallMutations } from "./plain-calls.ts";
import { walletMutations } from "./wallets.ts";

/** Every fault that the ledger's tests have to find. */
export const mutations: readonly Mutation[] = [
  ...walletMutations,
  ...jobMutations,
  ...callMutations,
  ...plainCallMutations,
  ...cachedCallMutations,
];
