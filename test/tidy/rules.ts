import { codeOf, importsOf, type SourceFile } from "./source.ts";

/** Each rule returns one sentence for every breach. */
type Rule = (files: readonly SourceFile[]) => string[];

const isSource = (path: string) => /\.(?:tsx?|mjs|css|sql|py)$/.test(path);
const isProduct = (path: string) => /^(?:server|db|ui)\//.test(path) && /\.tsx?$/.test(path);
const isTest = (path: string) => /^test\/.*\.test\.tsx?$/.test(path);
/** These hold examples of what is forbidden. */
const ownRules = (path: string) => path === "test/tidy.test.ts" || path.startsWith("test/tidy/");

function breaches(
  applies: (path: string) => boolean,
  problem: (file: SourceFile) => string | undefined,
): Rule {
  return (files) =>
    files
      .filter((file) => applies(file.path))
      .flatMap((file) => {
        const found = problem(file);
        return found === undefined ? [] : [`${file.path}: ${found}`];
      });
}

const matched = (pattern: RegExp, text: string) => pattern.exec(text)?.[0];

const runtimeEntries = /^server\/(?:runtime\/|bun\.ts$|deno\.ts$)/;

export const runtimeNames = breaches(
  (path) => isProduct(path) && !runtimeEntries.test(path),
  (file) =>
    matched(/\b(?:Bun|Deno)\.\w+/, codeOf(file)) ??
    importsOf(file).find(({ target, typeOnly }) => !typeOnly && /^bun(?::|$)/.test(target))?.target,
);

/** What a child inherits of the system (TMPDIR, SystemRoot) is no setting of ours. */
const passOn = ["server/postgres/cluster.ts"];

/** `ui` and `db/drizzle.config.ts` never run in the server; the runtime folder sets what Bun itself reads. */
export const environmentReaders = breaches(
  (path) =>
    /^(?:server|db)\/.*\.tsx?$/.test(path) &&
    !/^server\/(?:config\.ts$|runtime\/)|^db\/drizzle\.config\.ts$/.test(path) &&
    !passOn.includes(path),
  (file) =>
    matched(
      /\bprocess\.env\b(?!\s*[,})])|\b(?:Bun|Deno)\.env\b|import\.meta\.env\b/,
      codeOf(file),
    ) ?? matched(/import\s*\{[^}]*\benv\b[^}]*\}\s*from\s*["'](?:node:)?process["']/, codeOf(file)),
);

export const vagueNames = breaches(
  (path) => /^(?:server|db|ui|scripts|test)\//.test(path),
  (file) =>
    matched(/(?:^|\/)(?:utils?|common|helpers?|types|misc|shared)(?:\/|\.[a-z]+$)/, file.path),
);

const longestFile = 300;

/** What a tool writes is as long as it is; and so is an SQL function, which is one statement to whoever calls it. */
export const longFiles = breaches(
  (path) => isSource(path) && !/^db\/(?:migrations|functions)\//.test(path),
  (file) => {
    const lines = file.text.split("\n").length - 1;
    return lines > longestFile ? `${lines} lines` : undefined;
  },
);

export const skippedTests = breaches(
  (path) => isTest(path) && !ownRules(path),
  (file) =>
    matched(
      /\b(?:test|it|describe|suite)\.(?:skip|skipIf|runIf|only|todo|failing|fails)\b|\bx(?:it|describe)\(/,
      codeOf(file),
    ),
);

/** Timers as deadlines are fine; resolving a promise by nothing but time is not. Named helpers that poll stand outside test files. */
export const sleepingTests = breaches(
  (path) => isTest(path) && !ownRules(path),
  (file) =>
    matched(
      /setTimeout\(\s*(?:resolve|done|r)\b|\b(?:Bun\.)?sleep(?:Sync)?\(|timers\/promises/,
      codeOf(file),
    ),
);

const registries =
  /\b(?:registry\.(?:npmjs|yarnpkg)|npm\.jsr|pypi|files\.pythonhosted|deb\.debian|registry\.npmmirror)\.(?:org|com|io)\b/;
const places = /(?:^|[\s"'`(=:])\/(?:work\/|root\/|home\/|tmp\/(?:spike|BRIEF))/m;

export const machinePlaces = breaches(
  (path) => !ownRules(path),
  (file) => matched(registries, file.text) ?? matched(places, file.text)?.trim(),
);

/** Features whose routes and shapes only administrators see. */
const adminFeatures = ["admin", "litellm", "loopback", "postgres", "runtime"];

export const gatewayNamedToTeams = breaches(
  (path) => {
    const [, feature, file] = /^server\/([^/]+)\/(schema|routes)\.ts$/.exec(path) ?? [];
    return file !== undefined && !adminFeatures.includes(feature!);
  },
  (file) => {
    const strings = codeOf(file).match(/"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`/g) ?? [];
    return strings.find((text) => /litellm/i.test(text) && !/^"\.{1,2}\//.test(text));
  },
);

/** Folders of tests that stand beside those of the features. */
const testFolderNames = ["e2e", "fault", "ledger", "ui", "db", "scripts", "openapi", "harness"];

export const testFolders: Rule = (files) => {
  const features = new Set(files.map(({ path }) => /^server\/([^/]+)\//.exec(path)?.[1]));
  return files
    .filter(({ path }) => isTest(path))
    .flatMap(({ path }) => {
      const folder = /^test\/([^/]+)\//.exec(path)?.[1];
      if (folder === undefined || testFolderNames.includes(folder) || features.has(folder))
        return [];
      return [`${path}: server/${folder} is no feature`];
    });
};

const topLevel =
  "package.json package-lock.json bunfig.toml tsconfig.json README.md CHANGELOG.md LICENSE server ui db scripts test .oxlintrc.json .gitignore .npmrc .ci".split(
    " ",
  );

export const topLevelNames = breaches(
  () => true,
  ({ path }) => (topLevel.includes(path.split("/")[0]!) ? undefined : "not among the agreed names"),
);

export const leftToDo = breaches(
  (path) => isSource(path) && !ownRules(path),
  (file) => matched(/\b(?:TODO|FIXME|XXX|HACK)\b/, file.text),
);

/** English has one rule for "1 credit", and each side one function that knows it. */
export const handmadePlurals = breaches(
  (path) =>
    /^(?:server|ui)\//.test(path) && !["server/kernel/counted.ts", "ui/format.ts"].includes(path),
  (file) =>
    matched(
      /\$\{[^}]*\} credits?\b|[!=]== "?1"? \? ["`]\w* ?\w*["`] : ["`]\w* ?\w*s["`]/,
      file.text,
    ),
);

interface LockEntry {
  optionalDependencies?: Record<string, string>;
}

/** `npm ci` refuses a lock file without the packages for other systems; `scripts/complete-lock.mjs` adds them. */
export const incompleteLock: Rule = (files) =>
  files
    .filter(({ path }) => path === "package-lock.json")
    .flatMap(({ text }) => {
      const { packages } = JSON.parse(text) as { packages: Record<string, LockEntry> };
      return Object.entries(packages).flatMap(([parent, entry]) =>
        Object.keys(entry.optionalDependencies ?? {})
          .filter(
            (name) =>
              !packages[`${parent}/node_modules/${name}`] && !packages[`node_modules/${name}`],
          )
          .map((name) => `${name} of ${parent}: node scripts/complete-lock.mjs`),
      );
    });
