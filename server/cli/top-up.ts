import type { Static } from "@sinclair/typebox";
import type {
  TopUpBatch,
  TopUpBatchCreated,
  TopUpBatchDetail,
  TopUpBatchPage,
  TopUpCode,
} from "../credits/top-up-schema.ts";
import { connect } from "./admin-client.ts";
import { readNumber, readOptionalNumber, requirePositive } from "./amount.ts";
import { clientSettings, type Command, jsonOption } from "./command.ts";
import { print } from "./output.ts";
import { pageLines, queryOf } from "./wallet.ts";
import { counted, inCredits } from "../kernel/counted.ts";

const batchPath = (id: string, rest = "") => `/api/top-up-batches/${encodeURIComponent(id)}${rest}`;

export const createCodesCommand: Command = {
  name: "credits codes create",
  about: "Makes top-up codes, each redeemed once by some team. They are shown this once.",
  words: ["NAME"],
  options: {
    credits: { value: "N", about: "What each code gives", required: true },
    count: { value: "N", about: "How many codes, up to 1000 [default 1]" },
    expires: { value: "TIME", about: "When they can no longer be redeemed" },
    "last-days": { value: "N", about: "How long redeemed credits last [default for ever]" },
    price: { value: "USD", about: "What was paid for each" },
    priority: { value: "N", about: "0 to 1000; lower is used up first [default 100]" },
    reason: { value: "TEXT", about: "Stands in the audit log" },
    "idempotency-key": {
      value: "KEY",
      about: "The same key again within a day shows the same codes",
    },
    json: jsonOption,
  },
  settings: clientSettings,
  examples: [
    'saas-litellm credits codes create "Trade fair 2026" --credits 50 --count 100 --last-days 90',
  ],
  async run({ words: [name], options, json, ...given }) {
    const batch = await connect(given).request<Static<typeof TopUpBatchCreated>>(
      "POST",
      "/api/top-up-batches",
      {
        json: {
          name,
          credits: requirePositive(readNumber(options["credits"]!, "--credits"), "--credits"),
          count: readOptionalNumber(options["count"], "--count") ?? 1,
          expires_at: options["expires"],
          credits_last_days: readOptionalNumber(options["last-days"], "--last-days"),
          price_paid_usd: readOptionalNumber(options["price"], "--price"),
          priority: readOptionalNumber(options["priority"], "--priority"),
          reason: options["reason"],
        },
        idempotencyKey: options["idempotency-key"],
      },
    );
    print(json, batch, [
      `batch ${batch.batch_id}: ${counted(batch.codes, "code")} of ${inCredits(batch.credits)} (keep them: they are not shown again)`,
      ...batch.secrets,
    ]);
    return 0;
  },
};

export const listCodesCommand: Command = {
  name: "credits codes list",
  about: "Lists batches of top-up codes, newest first.",
  words: [],
  options: {
    limit: { value: "N", about: "Batches at most, up to 200 [default 50]" },
    cursor: { value: "CURSOR", about: "The next or previous page, as the last answer named it" },
    json: jsonOption,
  },
  settings: clientSettings,
  examples: ["saas-litellm credits codes list"],
  async run({ options, json, ...given }) {
    const query = queryOf(options, { limit: "limit", cursor: "cursor" });
    const page = await connect(given).request<Static<typeof TopUpBatchPage>>(
      "GET",
      `/api/top-up-batches${query}`,
    );
    print(json, page, pageLines(page.data.map(batchLine), page.next, "There is no batch."));
    return 0;
  },
};

export const showCodesCommand: Command = {
  name: "credits codes show",
  about: "Shows a batch and what became of its codes, each by its last four characters.",
  words: ["BATCH"],
  options: {
    state: { value: "STATE", about: "Only open, redeemed or revoked codes" },
    limit: { value: "N", about: "Codes at most, up to 200 [default 50]" },
    cursor: { value: "CURSOR", about: "The next or previous page, as the last answer named it" },
    json: jsonOption,
  },
  settings: clientSettings,
  examples: ["saas-litellm credits codes show 019aaf3c-6a80-7c11-9d1b-2f9d1b6d2a10 --state open"],
  async run({ words: [id = ""], options, json, ...given }) {
    const query = queryOf(options, { state: "state", limit: "limit", cursor: "cursor" });
    const batch = await connect(given).request<TopUpBatchDetail>("GET", batchPath(id, query));
    const codes = pageLines(batch.data.map(codeLine), batch.next, "There is no such code.");
    print(json, batch, [batchLine(batch), ...codes.map((line) => `  ${line}`)]);
    return 0;
  },
};

export const revokeCodeCommand: Command = {
  name: "credits codes revoke",
  about: "Revokes a top-up code: it can no longer be redeemed.",
  words: ["BATCH", "CODE_ID"],
  options: { reason: { value: "TEXT", about: "Stands in the audit log" }, json: jsonOption },
  settings: clientSettings,
  examples: [
    "saas-litellm credits codes revoke 019aaf3c-6a80-7c11-9d1b-2f9d1b6d2a10 019aaf3c-6a80-7c11-9d1b-2f9d1b6d2a11",
  ],
  async run({ words: [batch = "", id = ""], options, json, ...given }) {
    const code = await connect(given).request<TopUpCode>(
      "POST",
      batchPath(batch, `/codes/${encodeURIComponent(id)}/revoke`),
      { json: { reason: options["reason"] } },
    );
    print(json, code, [codeLine(code)]);
    return 0;
  },
};

function batchLine(batch: TopUpBatch): string {
  return `batch ${batch.batch_id}  ${batch.name}: ${counted(batch.codes, "code")} of ${inCredits(batch.credits)}, ${batch.redeemed} redeemed, ${batch.revoked} revoked`;
}

function codeLine(code: TopUpCode): string {
  const by = code.redeemed_by === null ? "" : ` by ${code.redeemed_by} at ${code.redeemed_at}`;
  return `code ${code.code_id}  …${code.last_four}  ${code.state}${by}`;
}
