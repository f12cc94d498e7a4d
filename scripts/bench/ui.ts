import { chmodSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { Executable } from "./executable.ts";
import { fillDataDirectory } from "./ui/fill.ts";
import type { Size } from "./ui/fill-tenants.ts";
import { measureUi } from "./ui/measure.ts";
import type { UiFigures } from "./ui/report.ts";

const whole = {
  size: { organizations: 200, teams: 10_000, jobs: 1_000_000 },
  repetitions: { requests: 20, screens: 5, changes: 3, lighthouse: 5 },
};
/** So little that only the bench itself is tested. */
const quick = {
  size: { organizations: 20, teams: 300, jobs: 10_000 },
  repetitions: { requests: 1, screens: 1, changes: 1, lighthouse: 1 },
};

/** Fills a data directory, starts the executable on it, and measures its admin UI. */
export async function benchUi(of: {
  folder: string;
  /** Names the gateway, which nobody calls here. */
  environment: Readonly<Record<string, string>>;
  quick: boolean;
  step: (text: string) => void;
}): Promise<Omit<UiFigures, "machine" | "date"> & { size: Size }> {
  const { size, repetitions } = of.quick ? quick : whole;
  const dataDir = join(of.folder, "ui");
  mkdirSync(dataDir);
  chmodSync(dataDir, 0o711);
  await fillDataDirectory(dataDir, size, of.step);
  of.step("starting the executable on it");
  const server = new Executable(dataDir, of.environment);
  try {
    await server.databaseReady();
    return {
      size,
      ...(await measureUi(server, { ...of, size, repetitions })),
    };
  } finally {
    await server.stop();
  }
}
