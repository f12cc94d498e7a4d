import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { fingerprint, isUpToDate, remember } from "./fingerprint.ts";
import { cache, root } from "./paths.ts";

/** Builds `ui` into `dist/ui` unless its sources, the wire shapes and the dependencies are those of the last time. */
export function buildUi(): void {
  const config = join(root, "ui/vite.config.ts");
  if (!existsSync(config)) return;
  const inputs = ["ui", "server/admin/schema.ts", "server/kernel", "package-lock.json"];
  const digest = fingerprint(
    [],
    inputs.map((path) => join(root, path)),
  );
  const note = join(cache, "ui.digest");
  if (isUpToDate(join(root, "dist/ui/index.html"), note, digest)) return;
  // As a process of its own: vite changes NODE_ENV, and its plugins keep threads.
  const vite = join(root, "node_modules/vite/bin/vite.js");
  execFileSync(process.execPath, [vite, "build", "--config", config, "--logLevel", "warn"], {
    cwd: root,
    stdio: "inherit",
    env: { ...process.env, NODE_ENV: "production" },
  });
  mkdirSync(cache, { recursive: true });
  remember(note, digest);
}
