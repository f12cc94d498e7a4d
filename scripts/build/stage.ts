import { copyFileSync, linkSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { sourceAssets } from "../../server/runtime/source-assets.ts";
import { collectLitellmAssets } from "../litellm-assets.ts";
import { cache, root } from "./paths.ts";
import { packPostgres } from "./postgres.ts";
import type { Target } from "./targets.ts";

/**
 * Lays out the assets of a target as the executable will hold them, in a folder `assets` whose parent is returned. Made anew
 * each time, since a file left over would be packed.
 */
export async function stageAssets(target: Target): Promise<string> {
  const stage = join(cache, target.name);
  const assets = join(stage, "assets");
  rmSync(assets, { recursive: true, force: true });
  mkdirSync(assets, { recursive: true });
  await collectLitellmAssets(assets);
  const source = sourceAssets(root);
  for (const name of source.list("").filter((name) => !name.startsWith("litellm/"))) {
    const bytes = await source.read(name);
    if (bytes) write(join(assets, name), bytes);
  }
  if (target.postgresPackage) {
    const packed = await packPostgres(target.postgresPackage);
    const path = join(assets, "postgres/postgres.tar.zst");
    mkdirSync(dirname(path), { recursive: true });
    try {
      linkSync(packed, path);
    } catch {
      copyFileSync(packed, path);
    }
  }
  return stage;
}

function write(path: string, bytes: Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, bytes);
}
