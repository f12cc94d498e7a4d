import { readdir } from "node:fs/promises";

/** The number of packages that a lock file pins: its lines that begin with `name==version`. */
export function pinnedPackages(lock: string): number {
  return lock.split("\n").filter((line) => /^[A-Za-z0-9][\w.-]*(\[[^\]]*\])?==/.test(line)).length;
}

/**
 * How far pip or uv is, from pip's lines and from what already lies in the environment. A display only: no decision
 * depends on a text that a new pip may word differently.
 */
export class InstallProgress {
  readonly #pinned: number;
  #fetched = 0;
  #ignored = 0;
  #installed = 0;

  constructor(pinned: number) {
    this.#pinned = pinned;
  }

  /** A line of pip: one begins with "Collecting" for each package, "Ignoring" for each that this platform does not need. */
  line(line: string): void {
    if (line.startsWith("Collecting ")) this.#fetched += 1;
    if (line.startsWith("Ignoring ")) this.#ignored += 1;
  }

  /** Counts the packages that are installed; a folder that does not exist yet has none. */
  async look(sitePackages: string): Promise<void> {
    const names = await readdir(sitePackages).catch(() => []);
    this.#installed = names.filter((name) => name.endsWith(".dist-info")).length;
  }

  /** Fetching and unpacking make up 75; the rest is left to whoever compiles. */
  get percent(): number {
    const wanted = Math.max(1, this.#pinned - this.#ignored);
    const fetched = Math.min(1, Math.max(this.#fetched, this.#installed) / wanted);
    const installed = Math.min(1, this.#installed / wanted);
    return 2 + Math.floor(43 * fetched + 30 * installed);
  }

  get step(): string {
    const wanted = Math.max(1, this.#pinned - this.#ignored);
    return this.#installed > 0
      ? `installing packages, ${Math.min(this.#installed, wanted)} of ${wanted}`
      : `fetching packages, ${Math.min(this.#fetched, wanted)} of ${wanted}`;
  }
}
