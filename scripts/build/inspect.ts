import { closeSync, openSync, readdirSync, readFileSync, readSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Target } from "./targets.ts";

/** The largest size of an executable, in bytes. */
const LARGEST = 170e6;

export interface Finding {
  format: string;
  megabytes: string;
  assets: number;
  /** What is wrong with it; empty = nothing. */
  problems: readonly string[];
}

/** Looks into an executable of any system without running it: format, size, and that each staged asset's name and bytes are in it. */
export function inspect(target: Target, stage: string, outfile: string): Finding {
  const { size } = statSync(outfile);
  const begins = readBeginning(outfile, target.magic.bytes.length / 2);
  const names = filesBelow(join(stage, "assets"));
  const executable = readFileSync(outfile);
  const missing = names.filter((name) => {
    const bytes = readFileSync(join(stage, "assets", name));
    return !executable.includes(`assets/${name}`) || !executable.includes(bytes);
  });
  const carriesPostgres = names.includes("postgres/postgres.tar.zst");
  return {
    format: target.magic.format,
    megabytes: (size / 1e6).toFixed(1),
    assets: names.length,
    problems: [
      ...(begins === target.magic.bytes ? [] : [`begins with ${begins}`]),
      ...(size <= LARGEST ? [] : [`larger than ${LARGEST / 1e6} MB`]),
      ...missing.map((name) => `lacks ${name}`),
      ...(carriesPostgres === Boolean(target.postgresPackage) ? [] : ["PostgreSQL"]),
    ],
  };
}

function readBeginning(path: string, length: number): string {
  const file = openSync(path, "r");
  const bytes = Buffer.alloc(length);
  readSync(file, bytes, 0, length, 0);
  closeSync(file);
  return bytes.toString("hex");
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(folder.length + 1)
        .replaceAll("\\", "/"),
    );
}
