import type { Log } from "../kernel/log.ts";
import type { Assets } from "../runtime/runtime.ts";
import { External } from "./external.ts";
import { Installer } from "./installer.ts";
import { NamedProgram } from "./named-program.ts";
import { Supervisor } from "./supervisor.ts";
import type { Upstream } from "./upstream.ts";

export interface UpstreamOptions {
  /** Which LiteLLM: the operator's running one, the operator's program, or the one that we install. */
  mode: UpstreamMode;
  /** The command that starts this program again: `runtime.self`. */
  self: readonly string[];
  assets: Assets;
  /** Ours alone: run files and the salt. */
  dataDir: string;
  /** Holds managed environments; may be shared with other data directories. */
  environmentDir: string;
  /** Our own environment, of which children get the few variables that they need. */
  environment: Readonly<Record<string, string | undefined>>;
  /** Children, each with one port; at least 1. */
  workers: number;
  /** The port that the first child wishes; 0 = any. */
  port: number;
  log: Log;
  /** The status has changed. */
  onChange: () => void;
}

export type UpstreamMode =
  | { kind: "external"; url: string; apiKey: string }
  | { kind: "binary"; path: string }
  | { kind: "managed" };

/** Starts nothing yet: that is `start`'s. */
export function createUpstream(options: UpstreamOptions): Upstream {
  const { mode, log, onChange } = options;
  if (mode.kind === "external") {
    const url = mode.url.replace(/\/+$/, "");
    return new External({ url, apiKey: mode.apiKey, log, onChange });
  }
  const source =
    mode.kind === "binary"
      ? new NamedProgram(mode.path, options.environment)
      : new Installer(options);
  return new Supervisor({ ...options, source });
}
