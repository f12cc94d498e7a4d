import type { CallLimits } from "../../db/schema/organizations.ts";
import type { Limits, Permit } from "../../server/limits/limits.ts";
import { DomainError } from "../../server/kernel/errors.ts";

let number = 0;

/** Somebody who calls a model, each with limits of their own; nobody else's counts are theirs. */
export function caller(limits: { team?: CallLimits; key?: CallLimits; model?: CallLimits } = {}) {
  number += 1;
  const principal = {
    teamId: `team-${number}`,
    teamName: `Team ${number}`,
    keyId: `key-${number}`,
    keyName: "production",
    limits: { team: limits.team ?? {}, key: limits.key ?? {} },
  };
  const alias = { id: `alias-${number}`, name: `chat-${number}`, limits: limits.model ?? {} };
  /** Of a size that is taken for this many tokens in all before any call has ended. */
  const size = (tokens: number) => () => ({
    inputBytes: tokens * 4,
    mediaParts: 0,
    choices: 1,
    outputTokens: 0,
  });
  return {
    principal,
    alias,
    async admit(by: Limits, tokens = 1): Promise<Permit> {
      const permit = await by.admit({ principal, alias, size: size(tokens) });
      if (!permit) throw new Error("nothing limits this caller");
      return permit;
    },
  };
}

/** What came of asking: the permit, or the refusal. */
export async function outcomeOf(asked: Promise<Permit>): Promise<Permit | DomainError> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof DomainError) return error;
    throw error;
  }
}

export async function refusalOf(asked: Promise<Permit>): Promise<DomainError> {
  const outcome = await outcomeOf(asked);
  if (outcome instanceof DomainError) return outcome;
  throw new Error("the call was admitted");
}

export const isRefusal = (outcome: Permit | DomainError): outcome is DomainError =>
  outcome instanceof DomainError;
