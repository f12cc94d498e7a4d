import { parseArguments, type Command } from "./cli/command.ts";
import { CliError } from "./cli/cli-error.ts";
import { commandHelp, overview } from "./cli/help.ts";
import { tenantCommands } from "./cli/tenant-commands.ts";
import { modelCommands } from "./cli/model-commands.ts";
import { pricingCommands } from "./cli/pricing-commands.ts";
import { ConfigError } from "./config.ts";
import { StartupError } from "./main/startup-error.ts";
import type { Runtime } from "./runtime/runtime.ts";

/** A command is loaded when it is asked for, so that `version` and `--help` answer at once. */
export interface CommandEntry {
  about: string;
  load: () => Promise<Command>;
}

/** By name, in the order of the help text. No command means `serve`. */
export const commands: Readonly<Record<string, CommandEntry>> = {
  serve: {
    about: "Run the server (what no command means)",
    load: async () => (await import("./cli/serve.ts")).serveCommand,
  },
  demo: {
    about: "Show everything at work with a built-in model, and leave nothing behind",
    load: async () => (await import("./cli/demo.ts")).demoCommand,
  },
  doctor: {
    about: "Check this machine and installation, and say what to do",
    load: async () => (await import("./cli/doctor.ts")).doctorCommand,
  },
  ...tenantCommands,
  "credits allocate": {
    about: "Give credits to a team",
    load: async () => (await import("./cli/credits.ts")).allocateCreditsCommand,
  },
  "credits deduct": {
    about: "Take credits from a team",
    load: async () => (await import("./cli/credits.ts")).deductCreditsCommand,
  },
  "credits adjust": {
    about: "Put a balance right",
    load: async () => (await import("./cli/credits.ts")).adjustCreditsCommand,
  },
  "credits refund": {
    about: "Give back what a job was charged",
    load: async () => (await import("./cli/credits.ts")).refundJobCommand,
  },
  "credits transfer": {
    about: "Move credits to another team of the organization",
    load: async () => (await import("./cli/credits.ts")).transferCreditsCommand,
  },
  "credits limit": {
    about: "Set credit limit and low-balance notice",
    load: async () => (await import("./cli/wallet.ts")).setWalletCommand,
  },
  "credits show": {
    about: "Show a wallet",
    load: async () => (await import("./cli/wallet.ts")).showWalletCommand,
  },
  "credits entries": {
    about: "List the entries of a ledger",
    load: async () => (await import("./cli/wallet.ts")).listEntriesCommand,
  },
  "credits grants": {
    about: "List credits that were given and what is left",
    load: async () => (await import("./cli/wallet.ts")).listGrantsCommand,
  },
  "credits refill create": {
    about: "Give credits every day, week or month",
    load: async () => (await import("./cli/refill.ts")).createRefillCommand,
  },
  "credits refill list": {
    about: "List refills",
    load: async () => (await import("./cli/refill.ts")).listRefillsCommand,
  },
  "credits refill stop": {
    about: "Stop a refill",
    load: async () => (await import("./cli/refill.ts")).stopRefillCommand,
  },
  "credits codes create": {
    about: "Make top-up codes",
    load: async () => (await import("./cli/top-up.ts")).createCodesCommand,
  },
  "credits codes list": {
    about: "List batches of top-up codes",
    load: async () => (await import("./cli/top-up.ts")).listCodesCommand,
  },
  "credits codes show": {
    about: "Show a batch and its codes",
    load: async () => (await import("./cli/top-up.ts")).showCodesCommand,
  },
  "credits codes revoke": {
    about: "Revoke a top-up code",
    load: async () => (await import("./cli/top-up.ts")).revokeCodeCommand,
  },
  ...modelCommands,
  ...pricingCommands,
  "budget create": {
    about: "Cap what calls cost, of an organization, team, key or model",
    load: async () => (await import("./cli/budget.ts")).createBudgetCommand,
  },
  "budget list": {
    about: "List budgets with what they have spent",
    load: async () => (await import("./cli/budget.ts")).listBudgetsCommand,
  },
  "budget update": {
    about: "Change a budget's limit or alerts",
    load: async () => (await import("./cli/budget.ts")).updateBudgetCommand,
  },
  "budget delete": {
    about: "Delete a budget",
    load: async () => (await import("./cli/budget.ts")).deleteBudgetCommand,
  },
  "job show": {
    about: "Show a job, its calls and what they really cost",
    load: async () => (await import("./cli/job.ts")).showJobCommand,
  },
  "job explain": {
    about: "Explain what a job was charged",
    load: async () => (await import("./cli/job.ts")).explainJobCommand,
  },
  "job list": {
    about: "List jobs and what they really cost",
    load: async () => (await import("./cli/job.ts")).listJobsCommand,
  },
  "call list": {
    about: "List calls and what they really cost",
    load: async () => (await import("./cli/call.ts")).listCallsCommand,
  },
  "notice list": {
    about: "List notices of balances, budgets and expiring credits",
    load: async () => (await import("./cli/notice.ts")).listNoticesCommand,
  },
  "usage report": {
    about: "Tell cost, revenue and margin",
    load: async () => (await import("./cli/usage.ts")).reportUsageCommand,
  },
  "usage rebuild": {
    about: "Count usage anew from jobs and calls",
    load: async () => (await import("./cli/usage.ts")).rebuildUsageCommand,
  },
  "admin setup-url": {
    about: "Make a one-time address at which the first owner is created",
    load: async () => (await import("./cli/admin.ts")).setupUrlCommand,
  },
  "admin create": {
    about: "Invite somebody to the admin UI",
    load: async () => (await import("./cli/admin.ts")).inviteCommand,
  },
  "admin list": {
    about: "List who may sign in to the admin UI",
    load: async () => (await import("./cli/admin.ts")).listAccountsCommand,
  },
  "admin reset": {
    about: "Make a one-time address that sets a new password",
    load: async () => (await import("./cli/admin.ts")).resetCommand,
  },
  "admin token create": {
    about: "Make a token of the admin API, for scripts",
    load: async () => (await import("./cli/admin.ts")).createTokenCommand,
  },
  "config print": {
    about: "Show every setting and where its value comes from",
    load: async () => (await import("./cli/config-print.ts")).printConfigCommand,
  },
  "master-key rotate": {
    about: "Encrypt every stored secret with a new master key",
    load: async () => (await import("./cli/master-key.ts")).rotateMasterKeyCommand,
  },
  migrate: {
    about: "Bring the database's schema up to date without serving",
    load: async () => (await import("./cli/migrate.ts")).migrateCommand,
  },
  openapi: {
    about: "Print the OpenAPI document",
    load: async () => (await import("./cli/openapi.ts")).openApiCommand,
  },
  version: {
    about: "Print the version",
    load: async () => (await import("./cli/version.ts")).versionCommand,
  },
};

/** Runs a command line; returns the exit code: 0 done, 1 refused or failed, 2 wrongly asked. */
export async function run(runtime: Runtime, argv: readonly string[]): Promise<number> {
  try {
    return await dispatch(runtime, argv);
  } catch (error) {
    if (error instanceof CliError) return refuse(error.message, error.exitCode);
    if (error instanceof ConfigError) return refuse(error.message, 2);
    if (error instanceof StartupError) return refuse(error.message, 1);
    throw error;
  }
}

async function dispatch(runtime: Runtime, argv: readonly string[]): Promise<number> {
  const [first = "serve"] = argv;
  if (first === "--help" || first === "-h" || first === "help") {
    const asked = argv.slice(1).filter((word) => !word.startsWith("-"));
    const name = nameOf(asked);
    console.log(name ? commandHelp(await commands[name]!.load()) : overview(commands, asked[0]));
    return 0;
  }
  if (first === "--version") return dispatch(runtime, ["version"]);
  const words = first.startsWith("-") ? ["serve", ...argv] : argv.length > 0 ? argv : ["serve"];
  const name = nameOf(words);
  if (name === undefined) return unknownCommand(words);
  const command = await commands[name]!.load();
  const rest = words.slice(name.split(" ").length);
  if (rest.includes("--help") || rest.includes("-h")) {
    console.log(commandHelp(command));
    return 0;
  }
  return command.run({ runtime, ...parseArguments(name, command, rest) });
}

/** The longest command that the words begin with. */
function nameOf(words: readonly string[]): string | undefined {
  return [3, 2, 1]
    .map((length) => words.slice(0, length).join(" "))
    .find((name) => Object.hasOwn(commands, name));
}

/** `team` or `team --help` shows the commands of that group. */
function unknownCommand(words: readonly string[]): number {
  const [group = "", next] = words;
  if (!Object.keys(commands).some((name) => name.startsWith(`${group} `))) {
    throw new CliError(`There is no command ${group}; saas-litellm --help lists them.`, 2);
  }
  if (words.includes("--help") || words.includes("-h")) {
    console.log(overview(commands, group));
    return 0;
  }
  const asked = next === undefined || next.startsWith("-") ? undefined : `${group} ${next}`;
  const problem = asked === undefined ? `${group} needs more` : `There is no command ${asked}`;
  return refuse(`${problem}.\n\n${overview(commands, group)}`, 2);
}

function refuse(line: string, exitCode: number): number {
  console.error(`error: ${line}`);
  return exitCode;
}
