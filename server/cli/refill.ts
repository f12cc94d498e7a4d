import type { Refill, RefillPage } from "../credits/refill-schema.ts";
import type { Static } from "@sinclair/typebox";
import { connect } from "./admin-client.ts";
import { readNumber, readOptionalNumber, requirePositive } from "./amount.ts";
import { clientSettings, type Command, jsonOption } from "./command.ts";
import { walletPath } from "./credits.ts";
import { print } from "./output.ts";
import { pageLines, queryOf } from "./wallet.ts";
import { inCredits } from "../kernel/counted.ts";

export const createRefillCommand: Command = {
  name: "credits refill create",
  about:
    "Gives a team credits every period. What is left expires with the period; a period that was missed is not made up.",
  words: ["TEAM", "N"],
  options: {
    every: { value: "PERIOD", about: "day, week or month, in UTC [default month]" },
    keep: { about: "What is left does not expire" },
    next: { about: "Begin with the next period, not with the one under way" },
    priority: { value: "N", about: "0 to 1000; lower is used up first [default 50]" },
    price: { value: "USD", about: "What the customer pays for each period's credits" },
    reason: { value: "TEXT", about: "Stands in the audit log" },
    "idempotency-key": {
      value: "KEY",
      about: "The same key again within a day makes no second one",
    },
    json: jsonOption,
  },
  settings: clientSettings,
  examples: [
    "saas-litellm credits refill create routing 1000",
    "saas-litellm credits refill create routing 50 --every day --keep --next",
  ],
  async run({ words: [team = "", amount = ""], options, json, ...given }) {
    const refill = await connect(given).request<Refill>("POST", walletPath(team, "/refills"), {
      json: {
        credits: requirePositive(readNumber(amount, "N"), "N"),
        period: options["every"] ?? "month",
        expires: options["keep"] === undefined,
        first: options["next"] === undefined ? "current" : "next",
        priority: readOptionalNumber(options["priority"], "--priority"),
        price_paid_usd: readOptionalNumber(options["price"], "--price"),
        reason: options["reason"],
      },
      idempotencyKey: options["idempotency-key"],
    });
    print(json, refill, [lineOf(refill)]);
    return 0;
  },
};

export const listRefillsCommand: Command = {
  name: "credits refill list",
  about: "Lists a team's refills, stopped ones too, newest first.",
  words: ["TEAM"],
  options: {
    state: { value: "STATE", about: "Only active or stopped ones" },
    limit: { value: "N", about: "Refills at most, up to 200 [default 50]" },
    cursor: { value: "CURSOR", about: "The next or previous page, as the last answer named it" },
    json: jsonOption,
  },
  settings: clientSettings,
  examples: ["saas-litellm credits refill list routing --state active"],
  async run({ words: [team = ""], options, json, ...given }) {
    const query = queryOf(options, { state: "state", limit: "limit", cursor: "cursor" });
    const page = await connect(given).request<Static<typeof RefillPage>>(
      "GET",
      walletPath(team, `/refills${query}`),
    );
    print(json, page, pageLines(page.data.map(lineOf), page.next, "There is no such refill."));
    return 0;
  },
};

export const stopRefillCommand: Command = {
  name: "credits refill stop",
  about: "Stops a refill. What it gave stays.",
  words: ["TEAM", "ID"],
  options: { reason: { value: "TEXT", about: "Stands in the audit log" }, json: jsonOption },
  settings: clientSettings,
  examples: ["saas-litellm credits refill stop routing 019aaf3c-6a80-7c11-9d1b-2f9d1b6d2a10"],
  async run({ words: [team = "", id = ""], options, json, ...given }) {
    const refill = await connect(given).request<Refill>(
      "POST",
      walletPath(team, `/refills/${encodeURIComponent(id)}/stop`),
      { json: { reason: options["reason"] } },
    );
    print(json, refill, [lineOf(refill)]);
    return 0;
  },
};

function lineOf(refill: Refill): string {
  const end = refill.expires ? "expiring with it" : "kept";
  return `refill ${refill.refill_id}  ${inCredits(refill.credits)} a ${refill.period} from ${refill.starts_at}, ${end}${refill.active ? "" : " (stopped)"}`;
}
