import { importsOf, type SourceFile } from "./source.ts";

/** Folders of server/ that are not features: what they may import is said by the rules below. */
const foundations = ["kernel", "runtime", "http", "postgres", "loopback", "litellm"];

/** Lower may not import higher. */
const ranks = { kernel: 0, db: 1, store: 2, rules: 3, routes: 4, app: 5, main: 6 } as const;
type Layer = keyof typeof ranks;

const mains = ["server/main.ts", "server/bun.ts", "server/deno.ts", "server/cli.ts"];

function layerOf(path: string): Layer | undefined {
  if (path.startsWith("server/kernel/")) return "kernel";
  if (path.startsWith("db/")) return "db";
  if (!path.startsWith("server/")) return undefined;
  if (mains.includes(path) || path.startsWith("server/cli/") || path.startsWith("server/main/"))
    return "main";
  if (path === "server/app.ts") return "app";
  if (path.endsWith("/store.ts")) return "store";
  if (/[/-]routes\.ts$/.test(path)) return "routes";
  // Wire shapes are data: everyone may read them.
  return path.endsWith("/schema.ts") ? undefined : "rules";
}

function featureOf(path: string): string | undefined {
  const name = /^server\/([^/]+)\//.exec(path)?.[1];
  return name === undefined || foundations.includes(name) ? undefined : name;
}

/** Where imports go against `main → app → routes → rules → store → db → kernel`, one sentence each. */
export function wrongImports(files: readonly SourceFile[]): string[] {
  return files.flatMap((file) =>
    importsOf(file).flatMap(({ target, typeOnly }) => {
      const reason =
        againstLayers(file.path, target, typeOnly) ??
        acrossFeatures(file.path, target) ??
        outOfKernel(file.path, target) ??
        outOfUi(file.path, target, typeOnly);
      return reason === undefined ? [] : [`${file.path} imports ${target}: ${reason}`];
    }),
  );
}

/** A type carries no behaviour and leaves no import behind, so it may point up: `db/client.ts` is the shape that rules are given. */
function againstLayers(path: string, target: string, typeOnly: boolean): string | undefined {
  const from = layerOf(path);
  const to = layerOf(target);
  if (from === undefined || to === undefined || typeOnly || ranks[to] <= ranks[from])
    return undefined;
  return `${from} is below ${to}`;
}

function acrossFeatures(path: string, target: string): string | undefined {
  const from = featureOf(path);
  const to = featureOf(target);
  if (from === undefined || to === undefined || from === to) return undefined;
  return /\/(?:store|routes)\.ts$/.test(target)
    ? "a feature uses another through its rules"
    : undefined;
}

function outOfKernel(path: string, target: string): string | undefined {
  const ours =
    /^(?:server|db|ui|scripts|test)\//.test(target) && !target.startsWith("server/kernel/");
  return path.startsWith("server/kernel/") && ours
    ? "the kernel imports nothing of ours"
    : undefined;
}

function outOfUi(path: string, target: string, typeOnly: boolean): string | undefined {
  if (
    !path.startsWith("ui/") ||
    target.startsWith("ui/") ||
    !/^(?:server|db|scripts|test)\//.test(target)
  ) {
    return undefined;
  }
  if (!/^server\/[^/]+\/(?:[a-z-]+-)?schema\.ts$/.test(target))
    return "the UI knows only wire shapes";
  return typeOnly ? undefined : "the UI takes only the types of wire shapes";
}
