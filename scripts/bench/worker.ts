import { spawn, type ChildProcess } from "node:child_process";
import { createInterface, type Interface } from "node:readline";
import { join } from "node:path";

/** A process of the bench's own that speaks in lines of JSON and ends when its input does. */
export class Worker {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #reader: Interface;

  /** `file` is one of this folder's. */
  constructor(file: string) {
    this.#child = spawn(process.execPath, [join(import.meta.dirname, file)], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    this.#reader = createInterface({ input: this.#child.stdout! });
    this.#lines = this.#reader[Symbol.asyncIterator]();
  }

  async ask<Answer>(question: object): Promise<Answer> {
    this.#child.stdin!.write(`${JSON.stringify(question)}\n`);
    return this.next();
  }

  /** The next line; throws when the process has ended. */
  async next<Answer>(): Promise<Answer> {
    const line = await this.#lines.next();
    if (line.done) throw new Error("a process of the bench has ended");
    return JSON.parse(line.value) as Answer;
  }

  stop(): void {
    this.#child.stdin?.end();
    this.#reader.close();
  }
}
