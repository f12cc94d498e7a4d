import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { NamedProgram } from "../../server/litellm/named-program.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "named-program-test-"));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

function executable(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  chmodSync(path, 0o755);
  return path;
}

const prepare = (path: string) => new NamedProgram(path, { PATH: process.env["PATH"] }).prepare();
const answers = "#!/bin/sh\necho 1.2.3\necho /prices.json\n";

describe("LITELLM_BIN", () => {
  it("may be a Python with LiteLLM, which is started isolated", async () => {
    const path = executable("python3.12", answers);
    expect(await prepare(path)).toEqual({
      command: [path, "-I", "-u", "-c", "from litellm import run_server; run_server()"],
      version: "1.2.3",
      priceFile: "/prices.json",
    });
  });

  it("may be a console script, whose interpreter tells version and prices", async () => {
    const python = executable("python3", answers);
    const path = executable("litellm", `#!${python}\nprint()\n`);
    expect(await prepare(path)).toEqual({
      command: [path],
      version: "1.2.3",
      priceFile: "/prices.json",
    });
  });

  it("may be any other executable, of which nothing is known", async () => {
    const path = executable("litellm", "\x7fELF…");
    const nothing = { version: undefined, priceFile: undefined };
    expect(await prepare(path)).toEqual({ command: [path], ...nothing });
  });

  it("is refused when it is a Python without LiteLLM, not there or not executable", async () => {
    const bare = executable("python3", "#!/bin/sh\nexit 1\n");
    await expect(prepare(bare)).rejects.toThrow(/a Python without litellm/);
    await expect(prepare(join(folder, "absent"))).rejects.toThrow(/cannot be executed/);
    const plain = join(folder, "litellm");
    writeFileSync(plain, "text", { mode: 0o600 });
    await expect(prepare(plain)).rejects.toThrow(/LITELLM_BIN is .*cannot be executed/);
  });
});
