import { existsSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { run } from "./command.ts";

interface Need {
  /** What to say when it is missing. */
  name: string;
  /** Debian's package. */
  debian: string;
  present(): boolean;
}

const needs: readonly Need[] = [
  { name: "PostgreSQL's server programs", debian: "postgresql", present: debianPostgres },
  { name: "redis-server", debian: "redis-server", present: () => onPath("redis-server") },
  { name: "Chromium", debian: "chromium", present: () => onPath("chromium") },
  { name: "git", debian: "git", present: () => onPath("git") },
  { name: "Python 3.10 or newer", debian: "python3", present: () => onPath("python3") },
];

const servicesPolicy = "/usr/sbin/policy-rc.d";

/** Installs the servers and the browser that tests use. Throws what is missing where it cannot. */
export async function installSystemPackages(): Promise<void> {
  const missing = needs.filter((need) => !need.present());
  if (missing.length === 0) return;
  const packages = missing.map((need) => need.debian);
  if (process.getuid?.() !== 0 || !onPath("apt-get")) throw new Error(sayMissing(missing));
  console.log(`installing ${packages.join(", ")} (apt-get)`);
  const output = await withoutStartingServices(async () => {
    const env = { DEBIAN_FRONTEND: "noninteractive" };
    const update = await run(["apt-get", "update"], { env });
    const install = await run(
      ["apt-get", "install", "-y", "--no-install-recommends", ...packages],
      { env },
    );
    return update.output + install.output;
  });
  const still = needs.filter((need) => !need.present());
  if (still.length > 0) throw new Error(`${output}\n${sayMissing(still)}`);
}

function sayMissing(missing: readonly Need[]): string {
  const names = missing.map((need) => need.name).join(", ");
  const packages = missing.map((need) => need.debian).join(" ");
  return `missing for the tests: ${names}. On Debian: apt-get install -y --no-install-recommends ${packages}`;
}

/** Debian starts a server as it installs it, unless this policy says no. Ports and memory are the user's, not ours. */
async function withoutStartingServices<T>(install: () => Promise<T>): Promise<T> {
  const ours = !existsSync(servicesPolicy);
  if (ours) writeFileSync(servicesPolicy, "#!/bin/sh\nexit 101\n", { mode: 0o755 });
  try {
    return await install();
  } finally {
    if (ours) rmSync(servicesPolicy);
  }
}

function debianPostgres(): boolean {
  const versions = "/usr/lib/postgresql";
  const found = existsSync(versions) ? readdirSync(versions) : [];
  return found.some((version) => existsSync(join(versions, version, "bin", "postgres")));
}

function onPath(program: string): boolean {
  return (process.env.PATH ?? "")
    .split(delimiter)
    .some((folder) => existsSync(join(folder, program)));
}
