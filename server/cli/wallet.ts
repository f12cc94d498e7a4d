import type { Static } from "@sinclair/typebox";
import type { AdminLedgerPage, AdminWallet, GrantPage, OpenGrant } from "../credits/schema.ts";
import { connect } from "./admin-client.ts";
import { readNumber } from "./amount.ts";
import { CliError } from "./cli-error.ts";
import { type Arguments, clientSettings, type Command, jsonOption } from "./command.ts";
import { walletPath } from "./credits.ts";
import { print } from "./output.ts";

type Wallet = Static<typeof AdminWallet>;

const pageOptions = {
  limit: { value: "N", about: "Entries at most, up to 200 [default 50]" },
  cursor: { value: "CURSOR", about: "The next or previous page, as the last answer named it" },
};

export const showWalletCommand: Command = {
  name: "credits show",
  about: "Shows a team's wallet and what its balance is made of.",
  words: ["TEAM"],
  options: { json: jsonOption },
  settings: clientSettings,
  examples: ["saas-litellm credits show routing"],
  async run({ words: [team = ""], json, ...given }) {
    const wallet = await connect(given).request<Wallet>("GET", walletPath(team));
    print(json, wallet, walletLines(wallet));
    return 0;
  },
};

export const setWalletCommand: Command = {
  name: "credits limit",
  about:
    "Sets how far a team may go into debt, and below which available credits a notice goes out.",
  words: ["TEAM"],
  options: {
    credit: { value: "N", about: "Credits of debt; 0 = prepaid, unlimited = without end" },
    "low-balance": { value: "N", about: "Credits; never = no notice" },
    reason: { value: "TEXT", about: "Stands in the audit log" },
    json: jsonOption,
  },
  settings: clientSettings,
  examples: [
    "saas-litellm credits limit routing --credit 1000 --low-balance 100",
    'saas-litellm credits limit routing --credit unlimited --reason "Framework contract"',
  ],
  async run({ words: [team = ""], options, json, ...given }) {
    const { credit, "low-balance": lowBalance, reason } = options;
    if (credit === undefined && lowBalance === undefined) {
      throw new CliError("Nothing to set: give --credit, --low-balance or both.", 2);
    }
    const wallet = await connect(given).request<Wallet>("PATCH", walletPath(team), {
      json: {
        credit_limit: amountOr("unlimited", credit, "--credit"),
        low_balance_threshold: amountOr("never", lowBalance, "--low-balance"),
        reason,
      },
    });
    print(json, wallet, walletLines(wallet));
    return 0;
  },
};

export const listEntriesCommand: Command = {
  name: "credits entries",
  about: "Lists the entries of a team's ledger, newest first.",
  words: ["TEAM"],
  options: {
    kind: { value: "KIND", about: "Only these, such as charge or refund" },
    job: { value: "ID", about: "Only those of this job" },
    from: { value: "TIME", about: "From this instant on, such as 2026-11-01T00:00:00Z" },
    to: { value: "TIME", about: "Before this instant" },
    ...pageOptions,
    json: jsonOption,
  },
  settings: clientSettings,
  examples: [
    "saas-litellm credits entries routing",
    "saas-litellm credits entries routing --kind charge --from 2026-11-01T00:00:00Z --json",
  ],
  async run({ words: [team = ""], options, json, ...given }) {
    const query = queryOf(options, {
      kind: "kind",
      job: "job_id",
      from: "from",
      to: "to",
      limit: "limit",
      cursor: "cursor",
    });
    const page = await connect(given).request<Static<typeof AdminLedgerPage>>(
      "GET",
      walletPath(team, `/entries${query}`),
    );
    const lines = page.data.map(
      (entry) =>
        `${String(entry.entry_no).padStart(6)}  ${entry.created_at}  ${entry.kind}  ${entry.credits > 0 ? "+" : ""}${entry.credits} → ${entry.balance_after}  ${entry.actor_name ?? entry.actor}${entry.job_id === null ? "" : `  job ${entry.job_id}`}${entry.reason === null ? "" : `  ${entry.reason}`}`,
    );
    print(json, page, pageLines(lines, page.next, "There is no such entry."));
    return 0;
  },
};

export const listGrantsCommand: Command = {
  name: "credits grants",
  about: "Lists credits that were given to a team and what is left of them, newest first.",
  words: ["TEAM"],
  options: {
    open: { about: "Only those of which something is left" },
    ...pageOptions,
    json: jsonOption,
  },
  settings: clientSettings,
  examples: ["saas-litellm credits grants routing --open"],
  async run({ words: [team = ""], options, json, ...given }) {
    const state = options["open"] === undefined ? {} : { state: "open" };
    const query = queryOf(
      { ...options, ...state },
      { state: "state", limit: "limit", cursor: "cursor" },
    );
    const page = await connect(given).request<Static<typeof GrantPage>>(
      "GET",
      walletPath(team, `/grants${query}`),
    );
    const lines = page.data.map((grant) => `${grant.grant_id}  ${grantLine(grant)}`);
    print(json, page, pageLines(lines, page.next, "There is no such grant."));
    return 0;
  },
};

function walletLines(wallet: Wallet): string[] {
  const { available, credit_limit: limit, low_balance_threshold: threshold } = wallet;
  return [
    `wallet of ${wallet.team_id}`,
    `  balance ${wallet.balance}, held ${wallet.held}, available ${available ?? "without end"}`,
    `  credit limit ${limit ?? "unlimited"}, low-balance notice ${threshold === null ? "never" : `below ${threshold}`}`,
    ...wallet.grants.map((grant) => `  ${grantLine(grant)}`),
  ];
}

function grantLine(grant: Static<typeof OpenGrant>): string {
  const end = grant.expires_at === null ? "never expires" : `expires ${grant.expires_at}`;
  return `${grant.kind} of ${grant.created_at}: ${grant.remaining} of ${grant.credits} left, ${end}`;
}

export function pageLines(lines: string[], next: string | null, none: string): string[] {
  if (lines.length === 0) return [none];
  return next === null ? lines : [...lines, `more with --cursor ${next}`];
}

/** The query of options that were given, by the names that the API has for them. */
export function queryOf(
  options: Arguments["options"],
  names: Readonly<Record<string, string>>,
): string {
  const query = new URLSearchParams();
  for (const [option, name] of Object.entries(names)) {
    const value = options[option];
    if (value !== undefined) query.set(name, value);
  }
  return query.size === 0 ? "" : `?${query}`;
}

function amountOr(word: string, text: string | undefined, name: string): number | null | undefined {
  if (text === undefined) return undefined;
  return text === word ? null : readNumber(text, name);
}
