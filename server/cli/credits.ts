import { connect } from "./admin-client.ts";
import { readNumber, requirePositive } from "./amount.ts";
import { clientSettings, jsonOption, type Command } from "./command.ts";
import { print } from "./output.ts";

interface Allocation {
  team_id: string;
  credits: number;
  balance: number;
  replayed: boolean;
}

export const allocateCreditsCommand: Command = {
  name: "credits allocate",
  about: "Gives credits to a team, as an entry of its ledger.",
  words: ["TEAM", "N"],
  options: {
    reason: { value: "TEXT", about: "Stands in the ledger" },
    "idempotency-key": {
      value: "KEY",
      about: "The same key again gives nothing more, so that a script may try again",
    },
    json: jsonOption,
  },
  settings: clientSettings,
  examples: [
    "saas-litellm credits allocate routing 2500",
    "saas-litellm credits allocate routing 2500 --idempotency-key invoice-2026-118",
  ],
  async run({ words: [team = "", amount = ""], options, json, ...given }) {
    const credits = requirePositive(readNumber(amount, "N"), "N");
    const answer = await connect(given).request<Allocation>(
      "POST",
      `/api/teams/${encodeURIComponent(team)}/wallet/allocate`,
      {
        json: { credits, reason: options["reason"] },
        idempotencyKey: options["idempotency-key"],
      },
    );
    const happened = answer.replayed ? "were allocated before" : "allocated";
    print(json, answer, [
      `${answer.credits} credits ${happened}; the balance of ${answer.team_id} is ${answer.balance}`,
    ]);
    return 0;
  },
};
