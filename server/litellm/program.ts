/** How to start LiteLLM, and what is known of it. */
export interface Program {
  /** Program and first arguments; LiteLLM's own flags follow. */
  command: readonly string[];
  version: string | undefined;
  /** LiteLLM's file of prices, when its package was found. */
  priceFile: string | undefined;
}

/** Where LiteLLM comes from: the managed environment, or what the operator named. */
export interface ProgramSource {
  readonly mode: "managed" | "binary";
  /** Makes it ready to start; tells how far it is. Rejects with `PrepareFailure`, which is worth a repetition. */
  prepare(report: PrepareReport, signal: AbortSignal): Promise<Program>;
}

export interface PrepareReport {
  /** Percent 0–100 and the step in words. */
  progress(percent: number, step: string): void;
  /** A line of output of what is being run. */
  line(line: string): void;
}

/** LiteLLM cannot be made ready; the message tells an operator what is wrong and what to do. */
export class PrepareFailure extends Error {}

/**
 * The interpreter runs isolated (`-I`), so that neither the current folder nor the operator's PYTHON variables change what
 * is imported, and unbuffered. Not by LiteLLM's console script: that holds the path of the folder it was installed to.
 */
export const startByPython = (python: string): readonly string[] => [
  python,
  "-I",
  "-u",
  "-c",
  "from litellm import run_server; run_server()",
];
