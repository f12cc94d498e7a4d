import { canonicalJson } from "../kernel/canonical-json.ts";
import { sha256 } from "../kernel/sealing.ts";

/** What an answer is stored under depends on. */
export interface KeyedRequest {
  teamId: string;
  /** By id, since an alias of the same name may be another one tomorrow. `gatewayName` tells an organization's own targets apart. */
  alias: { id: string; version: number; gatewayName: string };
  endpoint: string;
  /** What goes upstream, without `model` and `stream`. */
  parameters: Readonly<Record<string, unknown>>;
}

/** Parameters that name who asks, or help the provider to do its work, and change nothing of the answer. */
const aside: ReadonlySet<string> = new Set([
  "user",
  "safety_identifier",
  "prompt_cache_key",
  "prompt_cache_retention",
]);

/**
 * The key of a request's answer, SHA-256 in hex: the same for requests of one team that ask the same of the same version of
 * an alias, in whatever order their fields stand, streamed or not. It tells nothing of what was asked.
 */
export function requestKey({ teamId, alias, endpoint, parameters }: KeyedRequest): string {
  // A response repeats them.
  const asked =
    endpoint === "responses"
      ? parameters
      : Object.fromEntries(Object.entries(parameters).filter(([name]) => !aside.has(name)));
  const { id, version, gatewayName } = alias;
  return sha256(canonicalJson([teamId, id, version, gatewayName, endpoint, asked])).toString("hex");
}
