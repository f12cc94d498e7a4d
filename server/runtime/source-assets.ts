import { existsSync, readdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Assets } from "./runtime.ts";

/**
 * Where each asset lies in the repository; `scripts/build/stage.ts` packs these, and PostgreSQL, which from source comes out of
 * node_modules. An absent folder (the UI before its first build) is an empty one. `only` keeps what we use of a folder;
 * of a `flat` one, subfolders are not looked into: tests install whole Python environments there.
 */
const places: readonly { prefix: string; folder: string; only?: RegExp; flat?: true }[] = [
  { prefix: "migrations/", folder: "db/migrations", only: /\.sql$|^meta\/_journal\.json$/ },
  { prefix: "ui/", folder: "dist/ui" },
  {
    prefix: "swagger/",
    folder: "node_modules/swagger-ui-dist",
    only: /^(swagger-ui\.css|swagger-ui-bundle\.js|favicon-32x32\.png|LICENSE)$/,
  },
  {
    prefix: "tokenizer/",
    folder: "node_modules/gpt-tokenizer/data",
    only: /^(o200k|cl100k)_base\.tiktoken$/,
  },
  { prefix: "litellm/", folder: "server/litellm", only: /^[^/]+\.(py|lock)$/, flat: true },
  { prefix: "litellm/", folder: ".cache/litellm", only: /^pip-[^/]+\.whl$/, flat: true },
];

/** The assets of the checkout at `root`, read from disk each time, so that an edited file counts at once. */
export function sourceAssets(root: string): Assets {
  const find = (name: string) => {
    for (const { prefix, folder, only } of places) {
      if (!name.startsWith(prefix)) continue;
      const rest = name.slice(prefix.length);
      const path = join(root, folder, rest);
      if (!rest.includes("..") && (only?.test(rest) ?? true) && existsSync(path)) return path;
    }
    return undefined;
  };
  return {
    async read(name) {
      const path = find(name);
      return path === undefined ? undefined : readFile(path);
    },
    list(prefix) {
      const asked = places.filter(
        (place) => place.prefix.startsWith(prefix) || prefix.startsWith(place.prefix),
      );
      const names = asked.flatMap((place) =>
        filesIn(join(root, place.folder), place.flat)
          .filter((name) => place.only?.test(name) ?? true)
          .map((name) => place.prefix + name),
      );
      return [...new Set(names)].filter((name) => name.startsWith(prefix)).sort();
    },
  };
}

function filesIn(folder: string, flat = false): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (!entry.isDirectory()) return [entry.name];
    if (flat) return [];
    return filesIn(join(folder, entry.name)).map((name) => `${entry.name}/${name}`);
  });
}
