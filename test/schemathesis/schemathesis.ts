import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pythonPrograms } from "../harness/python.ts";

const folder = import.meta.dirname;

/** How much of an API is asked, and by which seed. */
export interface Effort {
  /** The same seed and examples ask the same of the same document. */
  seed: number;
  /** At most so many random requests an operation, beside those that cover each bound of each field. */
  examples: number;
}

/** What the configuration names of the service that is asked. */
export interface Subject {
  /** The address of the API, where its document is. */
  url: string;
  /** A key or token. */
  bearer: string;
  teamId: string;
  jobId: string;
  organizationId: string;
}

export interface Findings {
  /** 0 = no check failed. */
  code: number | null;
  /** What was asked and found, with a request to repeat each failure. */
  report: string;
}

/** Runs Schemathesis over an API's own document, from a locked environment of Python. */
export async function schemathesis(subject: Subject, effort: Effort): Promise<Findings> {
  const programs = await pythonPrograms(join(folder, "requirements.lock"));
  const args = [
    ...["-m", "schemathesis.cli", "--no-color"],
    ...["--config-file", join(folder, "schemathesis.toml")],
    ...["run", `${subject.url}/openapi.json`],
    ...["--header", `Authorization: Bearer ${subject.bearer}`],
    ...["--seed", String(effort.seed), "--max-examples", String(effort.examples)],
    ...["--output-truncate", "false"],
  ];
  // It keeps what it asked where it runs.
  const cwd = await mkdtemp(join(tmpdir(), "schemathesis-"));
  const child = spawn(join(programs, "python"), args, {
    cwd,
    env: {
      ...process.env,
      // Its hooks are loaded as a module of that name, and leave no compiled file behind.
      HOOKS: join(folder, "hooks.py"),
      PYTHONDONTWRITEBYTECODE: "1",
      TEAM_ID: subject.teamId,
      JOB_ID: subject.jobId,
      ORGANIZATION_ID: subject.organizationId,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let report = "";
  child.stdout.on("data", (chunk: Buffer) => (report += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (report += chunk.toString()));
  const findings = await new Promise<Findings>((resolve) => {
    child.once("error", (error) => resolve({ code: null, report: report + error.message }));
    child.once("close", (code) => resolve({ code, report }));
  });
  await rm(cwd, { recursive: true });
  return findings;
}
