import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { silentLog } from "../../server/kernel/log.ts";
import { Installer } from "../../server/litellm/installer.ts";
import { testRuntime } from "../harness/runtime.ts";

const { self } = await testRuntime();

let folder: string;
let environmentDir: string;
let over: AbortController;
let steps: string[];

const assets = {
  read: async (name: string) => new TextEncoder().encode(`one==1.0 # ${name}\n`),
  list: () => ["litellm/pip-1-py3-none-any.whl"],
};

/** An installer that finds the stand-in for Python, or none. */
const installer = (path = `${join(folder, "bin")}:/usr/bin:/bin`) =>
  new Installer({ environmentDir, assets, self, environment: { PATH: path }, log: silentLog });

const report = {
  progress: (percent: number, step: string) => void steps.push(`${percent} ${step}`),
  line: () => {},
};

const installs = () => readFileSync(join(folder, "installs"), "utf8").trim().split("\n").length;
const environments = () => readdirSync(environmentDir).filter((name) => name.includes("python"));

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "installer-test-"));
  environmentDir = join(folder, "environments");
  mkdirSync(join(folder, "bin"));
  mkdirSync(environmentDir);
  // The first name that is looked for, so that no real Python of this machine is found before it.
  copyFileSync(join(import.meta.dirname, "fake-python.sh"), join(folder, "bin", "python3.13"));
  writeFileSync(join(folder, "bin", "state"), folder);
  over = new AbortController();
  steps = [];
});

afterEach(() => {
  over.abort();
  rmSync(folder, { recursive: true, force: true });
});

describe("the managed environment", () => {
  it("is made once, then found", async () => {
    const program = await installer().prepare(report, over.signal);
    expect(program).toMatchObject({ version: "9.9.9", priceFile: "/prices.json" });
    expect(existsSync(program.command[0]!)).toBe(true);
    expect(steps.slice(0, 2)).toEqual(["0 clearing the place", "1 making the environment"]);
    expect(steps.at(-1)).toBe("100 installed");

    steps = [];
    expect(await installer().prepare(report, over.signal)).toEqual(program);
    expect(installs()).toBe(1);
    expect(steps).toEqual([]);
  }, 20_000);

  it("is made by one of two processes that want it at once", async () => {
    const [one, other] = await Promise.all([
      installer().prepare(report, over.signal),
      installer().prepare(report, over.signal),
    ]);
    expect(one).toEqual(other);
    expect(installs()).toBe(1);
    expect(existsSync(join(environmentDir, "install.lock"))).toBe(false);
  }, 20_000);

  it("is not there after a failure that says what to do, and is made by the next attempt", async () => {
    writeFileSync(join(folder, "fail"), "");
    await expect(installer().prepare(report, over.signal)).rejects.toThrow(
      /ERROR: no route to the index.*PIP_INDEX_URL/,
    );
    expect(environments().filter((name) => !name.endsWith(".partial"))).toEqual([]);
    rmSync(join(folder, "fail"));
    await installer().prepare(report, over.signal);
    expect(environments()).toHaveLength(1);
  }, 20_000);

  it("replaces what an interrupted install left, a stale lock too", async () => {
    const partial = join(environmentDir, "0123456789abcdef-python3.11.partial");
    mkdirSync(partial);
    const lock = join(environmentDir, "install.lock");
    writeFileSync(lock, "1\n");
    const aMinuteAgo = new Date(Date.now() - 60_000);
    utimesSync(lock, aMinuteAgo, aMinuteAgo);
    await installer().prepare(report, over.signal);
    expect(existsSync(partial)).toBe(false);
    expect(environments()).toHaveLength(1);
  }, 20_000);

  it("removes others that nobody has used for a day, and nothing else", async () => {
    const names = ["00000000000000aa-python3.11", "00000000000000bb-python3.12", "salt.key"];
    for (const name of names) mkdirSync(join(environmentDir, name));
    const twoDaysAgo = new Date(Date.now() - 2 * 24 * 3_600_000);
    utimesSync(join(environmentDir, names[0]!), twoDaysAgo, twoDaysAgo);
    utimesSync(join(environmentDir, names[2]!), twoDaysAgo, twoDaysAgo);
    await installer().prepare(report, over.signal);
    expect(existsSync(join(environmentDir, names[0]!))).toBe(false);
    expect(existsSync(join(environmentDir, names[1]!))).toBe(true);
    expect(existsSync(join(environmentDir, names[2]!))).toBe(true);
  }, 20_000);

  it("waits for another process's install only until it is stopped", async () => {
    writeFileSync(join(environmentDir, "install.lock"), "1\n");
    const waiting = installer().prepare(
      { ...report, progress: () => over.abort(new Error("stopped")) },
      over.signal,
    );
    await expect(waiting).rejects.toThrow("stopped");
  }, 20_000);
});

it("says what to install when there is no Python", async () => {
  const attempt = installer(join(folder, "nothing")).prepare(report, over.signal);
  await expect(attempt).rejects.toThrow(/Python 3\.10 or newer.*apt install python3/);
}, 20_000);
