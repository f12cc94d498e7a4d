// The one way in for a contributor: `node scripts/run.mjs demo|serve|build|test|check|dev|bench|soak|mutate|mutate-sql [-- arguments]`.
// Plain JavaScript without dependencies, because in a fresh clone there is nothing yet but Node and npm.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { constants } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const modules = join(root, "node_modules");
const executable = join(
  root,
  "dist",
  process.platform === "win32" ? "saas-litellm.exe" : "saas-litellm",
);

const forwarded = ["SIGINT", "SIGTERM", "SIGHUP"];

/** Each command's steps after the installation; `python`: whether it is of no use without one. */
const commands = {
  demo: { python: true, run: (bun, rest) => built(bun, ["demo", ...rest]) },
  serve: { python: false, run: (bun, rest) => built(bun, ["serve", ...rest]) },
  build: { python: false, run: (bun, rest) => exec(bun, ["scripts/build.ts", ...rest]) },
  test: { python: true, run: (bun, rest) => exec(bun, ["scripts/test.ts", ...rest]) },
  check: { python: false, run: (bun, rest) => exec(bun, ["scripts/check.ts", ...rest]) },
  dev: { python: false, run: (bun, rest) => exec(bun, ["scripts/dev.ts", ...rest]) },
  bench: {
    python: true,
    run: async (bun, rest) => (await build(bun)) || exec(bun, ["scripts/bench.ts", ...rest]),
  },
  soak: {
    python: false,
    run: async (bun, rest) => (await build(bun)) || exec(bun, ["scripts/soak.ts", ...rest]),
  },
  // Stryker runs under Node, and puts faults into the pricing rules: a test has to find each.
  "mutate-sql": {
    python: false,
    run: (bun, rest) => exec(bun, ["scripts/mutate-sql.ts", ...rest]),
  },
  mutate: {
    python: false,
    run: (bun, rest) =>
      exec(process.execPath, [
        join(modules, "@stryker-mutator/core/bin/stryker.js"),
        "run",
        "scripts/mutate/stryker.config.json",
        ...rest,
      ]),
  },
};

process.exitCode = await main(process.argv.slice(2));

/** Returns the exit code. */
async function main([name, ...rest]) {
  const command = Object.hasOwn(commands, name ?? "") ? commands[name] : undefined;
  if (!command)
    return refuse(`usage: node scripts/run.mjs ${Object.keys(commands).join("|")} [-- arguments]`);
  if (!nodeIsEnough()) return refuse(`Node 20.19 or newer is needed; this is ${process.version}.`);
  if (command.python && !suppliedLiteLLM() && !findPython()) {
    return refuse(
      "Python 3.10 or newer is needed to run LiteLLM, and none is on the PATH (Debian: apt-get install python3).",
    );
  }
  const failed = install();
  if (failed) return failed;
  const bun = findBun();
  if (!bun) {
    return refuse(
      "The npm package bun has no executable for this machine; delete node_modules and run this again.",
    );
  }
  return command.run(bun, rest[0] === "--" ? rest.slice(1) : rest);
}

function refuse(line) {
  console.error(`saas-litellm: ${line}`);
  return 1;
}

function nodeIsEnough() {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  return major > 20 || (major === 20 && minor >= 19);
}

/** Whoever names a LiteLLM of their own needs no Python here. */
function suppliedLiteLLM() {
  return Boolean(process.env.LITELLM_URL || process.env.LITELLM_BIN);
}

function findPython() {
  const names = [
    "python3",
    "python3.14",
    "python3.13",
    "python3.12",
    "python3.11",
    "python3.10",
    "python",
  ];
  return names.find((name) => {
    const probe = spawnSync(name, ["-c", "import sys; sys.exit(sys.version_info < (3, 10))"], {
      stdio: "ignore",
    });
    return probe.status === 0;
  });
}

/** `npm ci` unless node_modules already is what the lock file says. Returns an exit code. */
function install() {
  if (!installed()) {
    console.error("saas-litellm: installing what package-lock.json names (npm ci)");
    const [program, before] = process.env.npm_execpath
      ? [process.execPath, [process.env.npm_execpath]]
      : [process.platform === "win32" ? "npm.cmd" : "npm", []];
    const options = { cwd: root, stdio: ["ignore", 2, 2], shell: program.endsWith(".cmd") };
    const ended = spawnSync(program, [...before, "ci", "--no-audit", "--no-fund"], options);
    if (ended.error) return refuse(`npm cannot be started: ${ended.error.message}`);
    if (ended.status !== 0)
      return refuse(`npm ci failed with exit code ${ended.status}; its messages are above.`);
  }
  return 0;
}

/**
 * npm writes what it installed to a lock file of its own. Compared by content, because a checkout of another branch
 * touches package-lock.json without a change. Packages for other systems are absent without harm.
 */
function installed() {
  const note = join(modules, ".package-lock.json");
  if (!existsSync(note)) return false;
  const there = JSON.parse(readFileSync(note, "utf8")).packages;
  const wanted = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")).packages;
  return Object.entries(wanted).every(([path, entry]) => {
    if (path === "") return true;
    const found = there[path];
    return found
      ? found.version === entry.version && found.integrity === entry.integrity
      : entry.optional === true;
  });
}

/**
 * The install script of `bun` moves the executable out of its platform package. Where npm was told to ignore scripts,
 * or asks for each to be allowed, we run that script ourselves, so that `npx bun` works too.
 */
function findBun() {
  const own = join(modules, "bun", "bin", "bun.exe");
  if (answers(own)) return own;
  spawnSync(process.execPath, ["install.js"], {
    cwd: join(modules, "bun"),
    stdio: ["ignore", 2, 2],
  });
  return answers(own) ? own : undefined;
}

function answers(program) {
  return existsSync(program) && spawnSync(program, ["--version"], { stdio: "ignore" }).status === 0;
}

function build(bun) {
  return exec(bun, ["scripts/build.ts"]);
}

async function built(bun, args) {
  return (await build(bun)) || exec(executable, args);
}

/**
 * Runs a program in our place: same terminal, its exit code. Ctrl-C in a terminal reaches it by itself, so SIGINT is passed
 * on only where no terminal is; sent twice it would mean "at once".
 */
function exec(program, args) {
  return new Promise((resolve) => {
    // Before the start, so that no signal finds us without a handler and leaves the program behind.
    let child = undefined;
    const forward = (signal) => {
      if (signal !== "SIGINT" || !process.stdin.isTTY) child.kill(signal);
    };
    for (const signal of forwarded) process.on(signal, forward);
    child = spawn(program, args, { cwd: root, stdio: "inherit" });
    child.on("error", (error) => resolve(refuse(`${program} cannot be started: ${error.message}`)));
    child.on("exit", (code, signal) => {
      for (const name of forwarded) process.off(name, forward);
      resolve(code ?? 128 + (constants.signals[signal] ?? 0));
    });
  });
}
