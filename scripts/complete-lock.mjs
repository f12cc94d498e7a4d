// Adds to package-lock.json the packages for other systems that the registry in use did not serve when it was written:
// `node scripts/complete-lock.mjs`, after each `npm install` of a dependency. npm drops them from the file without a word,
// and then `npm ci` refuses the file everywhere. They are pinned by the package that names them; only their checksum is unknown.
import { readFileSync, writeFileSync } from "node:fs";

const path = new URL("../package-lock.json", import.meta.url);
const processors = {
  arm: "arm",
  arm64: "arm64",
  ia32: "ia32",
  ppc64: "ppc64",
  riscv64: "riscv64",
  s390x: "s390x",
  wasm32: "wasm32",
  x64: "x64",
};
const lock = JSON.parse(readFileSync(path, "utf8"));

for (const [parent, entry] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    if (lock.packages[`${parent}/node_modules/${name}`] ?? lock.packages[`node_modules/${name}`])
      continue;
    lock.packages[`node_modules/${name}`] = entryFor(name, version, entry);
    console.log(`added ${name} ${version}`);
  }
}
lock.packages = Object.fromEntries(
  Object.entries(lock.packages).sort(([a], [b]) => a.localeCompare(b, "en")),
);
writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`);

/** A package made for one system says which by the words of its name: `@oxlint/binding-linux-x64-musl`. */
function entryFor(name, version, parent) {
  if (!/^\d+\.\d+\.\d+/.test(version)) throw new Error(`${name} is not pinned: ${version}`);
  const words = name.split("/").at(-1).split("-");
  const [os] = words.filter((word) =>
    ["android", "darwin", "freebsd", "linux", "openharmony", "win32"].includes(word),
  );
  const cpu = words.map((word) => processors[word]).find(Boolean);
  if (!cpu) throw new Error(`${name} does not name a processor`);
  const libc = {
    musl: "musl",
    musleabihf: "musl",
    gnu: "glibc",
    glibc: "glibc",
    gnueabihf: "glibc",
  };
  const [library] = words.filter((word) => Object.hasOwn(libc, word));
  return {
    version,
    cpu: [cpu],
    ...(parent.dev ? { dev: true } : {}),
    ...(os === "linux" && library ? { libc: [libc[library]] } : {}),
    optional: true,
    ...(os ? { os: [os] } : {}),
  };
}
