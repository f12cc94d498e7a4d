import { access, constants, open } from "node:fs/promises";
import { basename } from "node:path";
import { installerEnvironment } from "./child-environment.ts";
import { PrepareFailure, type Program, type ProgramSource } from "./program.ts";
import { litellmOf } from "./python.ts";

/** `LITELLM_BIN`: a `litellm` executable, or a Python that has the package. */
export class NamedProgram implements ProgramSource {
  readonly mode = "binary";
  readonly #path: string;
  readonly #environment: Readonly<Record<string, string | undefined>>;

  constructor(path: string, environment: Readonly<Record<string, string | undefined>>) {
    this.#path = path;
    this.#environment = environment;
  }

  async prepare(): Promise<Program> {
    const path = this.#path;
    try {
      await access(path, constants.X_OK);
    } catch (error) {
      throw new PrepareFailure(
        `LITELLM_BIN is ${path}, which cannot be executed: name a litellm executable or a Python that has litellm[proxy].`,
        { cause: error },
      );
    }
    const isPython = /^python[\d.]*(\.exe)?$/i.test(basename(path));
    const python = isPython ? path : await interpreterOf(path);
    const program = python && (await litellmOf(python, installerEnvironment(this.#environment)));
    if (isPython && !program) {
      throw new PrepareFailure(
        `LITELLM_BIN is ${path}, a Python without litellm: install "litellm[proxy]" for it or name another.`,
      );
    }
    if (isPython && program) return program;
    // Any other executable is started as it is; its interpreter only tells version and prices.
    return {
      command: [path],
      version: program ? program.version : undefined,
      priceFile: program ? program.priceFile : undefined,
    };
  }
}

/** The interpreter in a script's first line; undefined for anything else. */
async function interpreterOf(path: string): Promise<string | undefined> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(256), 0, 256, 0);
    return /^#!\s*(\/\S*python[\d.]*)\s*\n/.exec(buffer.toString("utf8", 0, bytesRead))?.[1];
  } finally {
    await file.close();
  }
}
