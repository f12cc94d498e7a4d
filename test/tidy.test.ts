import { describe, expect, test } from "vitest";
import { wrongImports } from "./tidy/layers.ts";
import * as rules from "./tidy/rules.ts";
import { inlineWords } from "./tidy/words.ts";
import { repositoryFiles, type SourceFile } from "./tidy/source.ts";

const files = repositoryFiles();

/** Each rule holds for the repository, and each is shown to find what it is there for. */
function rule(
  name: string,
  find: (files: readonly SourceFile[]) => string[],
  wrong: Record<string, string>,
): void {
  describe(name, () => {
    test("holds", () => {
      expect(find(files)).toEqual([]);
    });
    for (const [path, text] of Object.entries(wrong)) {
      test(`is broken by ${path}: ${text.slice(0, 60)}`, () => {
        expect(find([{ path, text }])).toHaveLength(1);
      });
    }
  });
}

test("the repository's own files are read", () => {
  const paths = files.map((file) => file.path);
  expect(paths).toContain("test/tidy.test.ts");
  expect(paths).toContain("server/kernel/errors.ts");
  expect(paths.some((path) => path.startsWith("node_modules/"))).toBe(false);
});

rule("imports point one way", wrongImports, {
  "server/kernel/money.ts": 'import { x } from "../http/problem.ts";',
  "server/kernel/ids.ts": 'export { y } from "../../db/rows.ts";',
  "server/jobs/store.ts": 'import { rule } from "./lifecycle.ts";',
  "server/jobs/lifecycle.ts": 'const r = await import("./routes.ts");',
  "server/jobs/routes.ts": 'import { createApp } from "../app.ts";',
  "db/rows.ts": 'import { rule } from "../server/jobs/lifecycle.ts";',
  "server/credits/ledger.ts": 'import type { Row } from "../jobs/store.ts";',
  "server/keys/verify.ts": 'import {\n  a,\n  b,\n} from "../teams/routes.ts";',
  "ui/api.ts": 'import type { Rule } from "../server/jobs/lifecycle.ts";',
  "ui/main.tsx": 'import { Status } from "../server/admin/schema.ts";',
});

test("imports of types, wire shapes and lower layers are allowed", () => {
  const allowed: SourceFile[] = [
    {
      path: "server/jobs/routes.ts",
      text: 'import { a } from "./store.ts";\nimport { b } from "../teams/schema.ts";',
    },
    { path: "server/credits/ledger.ts", text: 'import { rule } from "../jobs/lifecycle.ts";' },
    {
      path: "ui/api.ts",
      text: 'import { type Status, type JobView } from "../server/admin/schema.ts";',
    },
  ];
  expect(wrongImports(allowed)).toEqual([]);
});

rule("names of a runtime stand only in server/runtime and the entries", rules.runtimeNames, {
  "server/jobs/ids.ts": "const hash = Bun.hash(text);",
  "server/http/files.ts": 'import { file } from "bun";',
  "db/open.ts": 'import { SQL } from "bun:sql";',
  "server/main.ts": "Deno.exit(1);",
});

rule("the environment is read only in server/config.ts", rules.environmentReaders, {
  "server/teams/limits.ts": "const limit = process.env.LIMIT;",
  "db/client.ts": 'import { env } from "node:process";',
});

rule("files are named by concept", rules.vagueNames, {
  "server/jobs/utils.ts": "",
  "ui/helpers/dates.ts": "",
  "db/types.ts": "",
});

rule("numbers of things are put into words by one function", rules.handmadePlurals, {
  "server/jobs/refusals.ts": "`This needs ${needed} credits.`",
  "ui/strings/teams.ts": '`${count} ${count === 1 ? "team" : "teams"}`',
});

rule("no source file is longer than 300 lines", rules.longFiles, {
  "server/jobs/lifecycle.ts": "\n".repeat(301),
});

rule("no test is skipped, focused or left to do", rules.skippedTests, {
  "test/jobs/a.test.ts": 'test.skip("x", () => {});',
  "test/jobs/b.test.ts": 'describe.only("x", () => {});',
  "test/jobs/c.test.ts": 'it.todo("x");',
});

rule("no test sleeps", rules.sleepingTests, {
  "test/jobs/d.test.ts": "await new Promise((resolve) => setTimeout(resolve, 100));",
  "test/jobs/e.test.ts": "await Bun.sleep(5);",
  "test/jobs/f.test.ts": 'import { setTimeout } from "node:timers/promises";',
});

rule("no file names a registry or a place on one machine", rules.machinePlaces, {
  "package-lock.json": `"resolved": "https://${["registry", "npmjs", "org"].join(".")}/bun.tgz"`,
  "db/litellm.lock": `--index-url https://${["pypi", "org"].join(".")}/simple`,
  "README.md": `see /${["work", "shared"].join("/")}/design.md`,
  "scripts/build.ts": `const cache = "/${["root", ".cache"].join("/")}";`,
});

rule("the lock file names the packages of every system", rules.incompleteLock, {
  "package-lock.json": JSON.stringify({
    packages: { "node_modules/a": { optionalDependencies: { "a-linux": "1.0.0" } } },
  }),
});

rule("teams never read the name of LiteLLM", rules.gatewayNamedToTeams, {
  "server/jobs/schema.ts": 'Type.String({ description: "A LiteLLM model" })',
  "server/gateway/routes.ts": 'throw new DomainError("x", "litellm is down");',
});

rule("what people read in the UI stands in ui/strings", inlineWords, {
  "ui/jobs/a.tsx": "const a = <p>No job yet</p>;",
  "ui/jobs/b.tsx": 'const b = <Field label="Reason" class="flex items-center" />;',
  "ui/jobs/c.tsx": "const c = <p>{count} failed</p>;",
  "ui/jobs/d.tsx": "const d = <p title={`Organization ${id}`} />;",
  "ui/jobs/e.tsx": 'const e = <p>{open ? "Open" : words.closed}</p>;',
  "ui/jobs/f.ts": 'const f = { head: "Status", width: "20%" };',
  "ui/jobs/g.ts": "const g = `${count} results`;",
  "ui/jobs/h.ts": 'const h = ready ? "" : "Starts once it is ready.";',
});

test("classes, keys, ids and code are no words", () => {
  const text = `
    import { x } from "./Some module.ts";
    type Tone = "Ok then";
    const list = <Row key={\`\${id} now\`} class="block truncate" href={\`/jobs/\${id}\`}>{words.name}</Row>;
    if (event.key === "Escape") send("team of", { kind: "allocate", name: "expires_at" });`;
  expect(inlineWords([{ path: "ui/jobs/i.tsx", text }])).toEqual([]);
});

rule("tests mirror the features", rules.testFolders, {
  "test/misplaced/x.test.ts": "",
});

rule("the top level has only its agreed names", rules.topLevelNames, {
  "tools/x.ts": "",
  "vitest.config.ts": "",
});

rule("nothing is left to do", rules.leftToDo, {
  "server/jobs/later.ts": `// ${["TO", "DO"].join("")}: later`,
});
