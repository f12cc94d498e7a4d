import { readFileSync } from "node:fs";
import { chmod, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";

/** Who PostgreSQL runs as. It refuses to run as root, so root's runs as `nobody`; undefined = as we do. */
export interface Owner {
  uid: number;
  gid: number;
}

export function postgresOwner(): Owner | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const nobody = /^nobody:[^:]*:(-?\d+):(-?\d+):/m.exec(readFileSync("/etc/passwd", "utf8"));
  // macOS writes its ids as -2; the system takes them unsigned.
  const id = (text: string | undefined) => Number(text ?? "65534") >>> 0;
  return { uid: id(nobody?.[1]), gid: id(nobody?.[2]) };
}

/**
 * Lets the owner pass through our data directory, and checks that it can get there at all. Throws with the folder that is in the
 * way: a data directory below root's home cannot be entered by anybody else.
 */
export async function openTheWay(dataDir: string): Promise<void> {
  const path = resolve(dataDir);
  await chmod(path, 0o711);
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    if (((await stat(folder)).mode & 0o001) === 0) {
      throw new Error(
        `PostgreSQL runs as nobody when we run as root, and nobody cannot enter ${folder}: choose another --data-dir, or chmod o+x ${folder}.`,
      );
    }
    if (folder === dirname(folder)) return;
  }
}
