import { DomainError } from "../kernel/errors.ts";
import type { TeamPrincipal } from "../keys/principal.ts";
import type { ModelAlias } from "../models/catalog.ts";

/**
 * The alias of a call: the one it names, else the one set for its job's type, else the team's default, else the only one
 * granted that can do it. Throws `model_not_granted` naming those that are granted, or `model_ambiguous` saying which
 * setting is missing.
 */
export function chooseAlias(
  named: string | undefined,
  of: {
    mode: ModelAlias["mode"];
    granted: readonly ModelAlias[];
    jobType: string | undefined;
    principal: Pick<TeamPrincipal, "defaultAlias" | "jobTypeAliases" | "teamId">;
  },
): ModelAlias {
  const usable = of.granted.filter((alias) => alias.mode === of.mode);
  const preset =
    named ??
    (of.jobType === undefined ? undefined : of.principal.jobTypeAliases[of.jobType]) ??
    // The team's default is a chat model; embeddings go by name or by being the only ones.
    (of.mode === "chat" ? (of.principal.defaultAlias ?? undefined) : undefined);
  if (preset !== undefined) {
    const found = usable.find((alias) => alias.name === preset);
    if (!found) throw notGranted(preset, usable);
    return found;
  }
  const [only, ...others] = usable;
  if (only && others.length === 0) return only;
  throw new DomainError(
    "model_ambiguous",
    only
      ? "The request names no model, and neither a model for this job type nor a default model of the team is set. Name one in `model`, or have one of the two set."
      : `No ${of.mode} model is granted to this team yet. Ask whoever runs this service to grant one.`,
    { hints: { models: usable.map((alias) => alias.name) } },
  );
}

function notGranted(name: string, usable: readonly ModelAlias[]): DomainError {
  const names = usable.map((alias) => alias.name);
  return new DomainError(
    "model_not_granted",
    `${JSON.stringify(name.slice(0, 200))} is not a model that this team may use here; ${
      names.length > 0 ? `it may use ${names.join(", ")}.` : "none is granted to it."
    }`,
    { hints: { models: names } },
  );
}
