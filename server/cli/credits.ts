import type { ChangeView } from "../credits/change-schema.ts";
import { connect } from "./admin-client.ts";
import { readNumber, readOptionalNumber, requirePositive } from "./amount.ts";
import { type Arguments, clientSettings, type Command, jsonOption } from "./command.ts";
import { print } from "./output.ts";
import { inCredits } from "../kernel/counted.ts";

/** What every change of a wallet takes. */
const common = {
  reference: { value: "TEXT", about: "Your own reference, which the team does not see" },
  "idempotency-key": {
    value: "KEY",
    about: "The same key again changes nothing more, so that a script may try again",
  },
  json: jsonOption,
};
const reason = { value: "TEXT", about: "Stands in the ledger, where the team reads it" };
const requiredReason = { ...reason, required: true };

export const allocateCreditsCommand: Command = {
  name: "credits allocate",
  about: "Gives credits to a team, as an entry of its ledger.",
  words: ["TEAM", "N"],
  options: {
    reason,
    price: { value: "USD", about: "What the customer paid for them" },
    priority: { value: "N", about: "0 to 1000; lower is used up first [default 100]" },
    expires: { value: "TIME", about: "When what is left expires, such as 2027-01-01T00:00:00Z" },
    ...common,
  },
  settings: clientSettings,
  examples: [
    "saas-litellm credits allocate routing 2500",
    "saas-litellm credits allocate routing 2500 --idempotency-key invoice-2026-118 --price 250",
    "saas-litellm credits allocate routing 50 --priority 10 --expires 2027-01-01T00:00:00Z",
  ],
  async run({ words: [team, amount = ""], options, json, ...given }) {
    const answer = await change(given, team, "allocate", options, {
      credits: requirePositive(readNumber(amount, "N"), "N"),
      price_paid_usd: readOptionalNumber(options["price"], "--price"),
      priority: readOptionalNumber(options["priority"], "--priority"),
      expires_at: options["expires"],
    });
    print(json, answer, [told(answer, "allocated")]);
    return 0;
  },
};

export const deductCreditsCommand: Command = {
  name: "credits deduct",
  about: "Takes credits from a team, at most what is available.",
  words: ["TEAM", "N"],
  options: { reason: requiredReason, ...common },
  settings: clientSettings,
  examples: ['saas-litellm credits deduct routing 100 --reason "Consulting in November"'],
  async run({ words: [team, amount = ""], options, json, ...given }) {
    const answer = await change(given, team, "deduct", options, {
      credits: requirePositive(readNumber(amount, "N"), "N"),
    });
    print(json, answer, [told(answer, "deducted")]);
    return 0;
  },
};

export const adjustCreditsCommand: Command = {
  name: "credits adjust",
  about:
    "Puts a balance right by N credits, above or below 0. It may leave a debt, which refuses new work.",
  words: ["TEAM", "N"],
  options: { reason: requiredReason, ...common },
  settings: clientSettings,
  examples: ['saas-litellm credits adjust routing -12.5 --reason "Allocated twice by mistake"'],
  async run({ words: [team, amount = ""], options, json, ...given }) {
    const answer = await change(given, team, "adjust", options, {
      credits: readNumber(amount, "N"),
    });
    print(json, answer, [told(answer, "adjusted")]);
    return 0;
  },
};

export const refundJobCommand: Command = {
  name: "credits refund",
  about:
    "Gives back what a job was charged, or a part of it, as credits that do not expire. All refunds of a job are at most its charge.",
  words: ["TEAM", "JOB"],
  options: {
    credits: { value: "N", about: "How many [default all that was charged]" },
    reason: requiredReason,
    ...common,
  },
  settings: clientSettings,
  examples: [
    'saas-litellm credits refund routing 019aaf3c-6a80-7c11-9d1b-2f9d1b6d2a10 --reason "No use"',
  ],
  async run({ words: [team, job], options, json, ...given }) {
    const answer = await change(given, team, "refund", options, {
      job_id: job,
      credits: readOptionalNumber(options["credits"], "--credits"),
    });
    print(json, answer, [told(answer, "refunded")]);
    return 0;
  },
};

export const transferCreditsCommand: Command = {
  name: "credits transfer",
  about:
    "Moves credits from one team to another of the same organization. They keep their priority and expiry.",
  words: ["FROM", "TO", "N"],
  options: { reason, ...common },
  settings: clientSettings,
  examples: ['saas-litellm credits transfer routing customs 500 --reason "Year end"'],
  async run({ words: [from, to, amount = ""], options, json, ...given }) {
    const answer = await change(given, from, "transfer", options, {
      to_team_id: to,
      credits: requirePositive(readNumber(amount, "N"), "N"),
    });
    print(json, answer, [told(answer, `transferred to ${to}`)]);
    return 0;
  },
};

function change(
  given: Pick<Arguments, "flags" | "configFile">,
  team = "",
  action: string,
  options: Arguments["options"],
  body: Readonly<Record<string, unknown>>,
): Promise<ChangeView> {
  const { reason: why, reference } = options;
  return connect(given).request<ChangeView>("POST", walletPath(team, `/${action}`), {
    json: { ...body, reason: why, reference },
    idempotencyKey: options["idempotency-key"],
  });
}

export const walletPath = (team: string, rest = "") =>
  `/api/teams/${encodeURIComponent(team)}/wallet${rest}`;

function told({ credits, team_id, balance, replayed }: ChangeView, done: string): string {
  const happened = replayed ? `were ${done} before` : done;
  return `${inCredits(Math.abs(credits))} ${happened}; the balance of ${team_id} is ${balance}`;
}
