import { defineConfig } from "vitest/config";

/** Tests of the pricing rules that need no database: what Stryker runs for every mutant. */
export default defineConfig({
  test: {
    include: [
      "test/pricing/{call-charge,cost,in-force,rule-refusals,rules,terms,words,worst-case}.test.ts",
    ],
    testTimeout: 20_000,
  },
});
