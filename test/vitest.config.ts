import { defineConfig } from "vitest/config";

/** Used by `npm test`. A file run by hand, `npx vitest run test/x`, works without it. */
export default defineConfig({
  test: {
    include: ["test/**/*.test.ts", "test/**/*.test.tsx"],
    // What needs Bun itself.
    exclude: ["**/*.bun.test.*", "node_modules/**"],
    // Worker threads share one process id and one environment; files here start processes and name databases by them.
    pool: "forks",
    // A machine that does other work besides must not fail a test.
    testTimeout: 20_000,
    hookTimeout: 20_000,
    expect: { poll: { timeout: 15_000 } },
  },
});
