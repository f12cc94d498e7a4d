import { CliError } from "../cli-error.ts";
import type { Past } from "./past.ts";

const DAY_MS = 86_400_000;
const DAYS = 92;
/** Times of a day at which jobs start: morning, noon, afternoon. */
const HOURS = [9, 12, 16];

/** A team of the past, and how its days look. */
interface Trade {
  id: string;
  name: string;
  organization: keyof typeof organizations;
  plan: { id: string; name: string; kind: string; rules: object } | undefined;
  /** Given at the start of every month. */
  credits: number;
  jobType: string;
  /** Jobs at each of the times of a working day, at most. */
  jobs: number;
  /** Calls of a job, at most. */
  calls: number;
  model: string;
  outputTokens: number;
}

const organizations = {
  "aperture-freight": "Aperture Freight",
  "blue-harbor": "Blue Harbor",
} as const;

/** One team on each kind of plan. */
const trades: readonly Trade[] = [
  {
    id: "dispatch",
    name: "Dispatch",
    organization: "aperture-freight",
    plan: undefined,
    credits: 500,
    jobType: "route_check",
    jobs: 3,
    calls: 2,
    model: "chat-fast",
    outputTokens: 180,
  },
  {
    id: "claims",
    name: "Claims",
    organization: "aperture-freight",
    plan: {
      id: "volume",
      name: "Volume",
      kind: "tiered",
      rules: {
        tiers: [
          { up_to: 50, price: 2 },
          { up_to: 100, price: 1.5 },
          { up_to: null, price: 1 },
        ],
      },
    },
    credits: 400,
    jobType: "claim_review",
    jobs: 3,
    calls: 3,
    model: "chat-smart",
    outputTokens: 420,
  },
  {
    id: "research",
    name: "Research",
    organization: "blue-harbor",
    plan: {
      id: "cost-plus",
      name: "Cost plus",
      kind: "markup",
      rules: { percent: 40, minimum: 0.05 },
    },
    credits: 100,
    jobType: "market_scan",
    jobs: 2,
    calls: 4,
    model: "chat-smart",
    outputTokens: 900,
  },
  {
    id: "indexing",
    name: "Indexing",
    organization: "blue-harbor",
    plan: {
      id: "by-token",
      name: "By token",
      kind: "per_token",
      rules: { tokens_per_credit: 2000 },
    },
    credits: 150,
    jobType: "document_tags",
    jobs: 3,
    calls: 2,
    model: "chat-fast",
    outputTokens: 120,
  },
  {
    id: "assistants",
    name: "Assistants",
    organization: "blue-harbor",
    plan: {
      id: "club",
      name: "Club",
      kind: "subscription",
      rules: { fee: 60, included: 80, overage: 1.2 },
    },
    credits: 200,
    jobType: "chat_session",
    jobs: 3,
    calls: 3,
    model: "chat-fast",
    outputTokens: 260,
  },
];

/** What the models cost, in USD per million tokens: what gpt-5-mini and gpt-5 do, so that the figures look familiar. */
const models = [
  { alias: "chat-fast", model: "openai/loopback-chat", input_price: 0.25, output_price: 2 },
  { alias: "chat-smart", model: "openai/loopback-smart", input_price: 1.25, output_price: 10 },
];

/** A team of the past with its key. */
export interface Trader extends Trade {
  key: string;
}

/** The instant at which the history begins: the start of the month in which its first day lies. */
export function beginningOf(nowMs: number): number {
  const first = new Date(nowMs - DAYS * DAY_MS);
  return Date.UTC(first.getUTCFullYear(), first.getUTCMonth(), 1);
}

/** Organizations, models, plans and teams, as they were set up then. */
export async function setUp(past: Past, providerUrl: string): Promise<Trader[]> {
  await past.makePartitions();
  for (const [id, name] of Object.entries(organizations)) {
    await past.admin("POST", "/api/organizations", { id, name });
  }
  for (const model of models) {
    const provider = { api_base: `${providerUrl}/v1`, api_key: "loopback" };
    await past.admin("POST", "/api/models", { ...model, ...provider });
  }
  await past.applyModels();
  const traders: Trader[] = [];
  for (const trade of trades) {
    const { key } = await past.admin<{ key: string }>("POST", "/api/teams", {
      id: trade.id,
      name: trade.name,
      organization_id: trade.organization,
    });
    if (trade.plan) {
      await past.admin("POST", "/api/plans", trade.plan);
      await past.admin("PUT", `/api/teams/${trade.id}/plan`, { plan_id: trade.plan.id });
    }
    traders.push({ ...trade, key });
  }
  return traders;
}

/** Three months of jobs, day by day up to the present. Returns how many. */
export async function live(
  past: Past,
  traders: readonly Trader[],
  options: { untilMs: number; stopped: () => boolean },
): Promise<number> {
  const random = sequence(20_261_124);
  let jobs = 0;
  let month = -1;
  for (let dayMs = options.untilMs - DAYS * DAY_MS; dayMs < options.untilMs; dayMs += DAY_MS) {
    const midnight = dayMs - (dayMs % DAY_MS);
    const date = new Date(midnight);
    if (date.getUTCMonth() !== month) {
      month = date.getUTCMonth();
      await past.at(midnight);
      await payMonth(past, traders, date.toISOString().slice(0, 7));
    }
    const isWeekend = date.getUTCDay() % 6 === 0;
    // Business grows by two thirds over the three months.
    const growth = 0.6 + (0.4 * (dayMs - (options.untilMs - DAYS * DAY_MS))) / (DAYS * DAY_MS);
    for (const hour of HOURS) {
      const startMs = midnight + hour * 3_600_000 + Math.floor(random() * 1_800_000);
      if (options.stopped() || startMs >= options.untilMs) return jobs;
      await past.at(startMs);
      const starting = traders.flatMap((trader) =>
        Array.from(
          { length: Math.round(trader.jobs * growth * random() * (isWeekend ? 0.4 : 1.4)) },
          () => plan(trader, random),
        ),
      );
      await liveThrough(past, starting, startMs);
      jobs += starting.length;
    }
  }
  return jobs;
}

async function payMonth(past: Past, traders: readonly Trader[], month: string): Promise<void> {
  for (const { id, credits } of traders) {
    await past.admin("POST", `/api/teams/${id}/wallet/allocate`, {
      credits,
      reason: `invoice ${month}`,
      idempotency_key: `${id}-${month}`,
    });
  }
}

/** What a job will do, decided before so that jobs can run side by side and still come out the same every time. */
interface Plan {
  trader: Trader;
  /** A call's script for the provider. */
  scripts: string[];
  end: "completed" | "failed";
}

function plan(trader: Trader, random: () => number): Plan {
  const calls = 1 + Math.floor(random() * trader.calls);
  const scripts = Array.from({ length: calls }, () => {
    // A provider has its bad moments.
    if (random() < 0.02) return JSON.stringify({ status: 500 });
    const input_tokens = 200 + Math.floor(random() * 1_800);
    const output_tokens = 1 + Math.floor((0.5 + random()) * trader.outputTokens);
    return JSON.stringify({ input_tokens, output_tokens, text: "Done." });
  });
  return { trader, scripts, end: random() < 0.04 ? "failed" : "completed" };
}

/** Jobs that start together: each step of all of them, then some seconds pass. */
async function liveThrough(past: Past, plans: readonly Plan[], startMs: number): Promise<void> {
  const jobs = await Promise.all(
    plans.map(async (job) => {
      const { trader } = job;
      const created = await past.team(trader.key, "/api/jobs/create", { job_type: trader.jobType });
      // A team that has run out of credits starts none.
      if (created.status === 402) return undefined;
      if (created.status !== 201) throw new CliError(`no job: ${JSON.stringify(created.body)}`);
      return { ...job, id: (created.body as { job_id: string }).job_id };
    }),
  );
  const started = jobs.filter((job) => job !== undefined);
  const steps = Math.max(0, ...started.map(({ scripts }) => scripts.length));
  for (let step = 0; step < steps; step += 1) {
    await past.at(startMs + (step + 1) * 4_000);
    await Promise.all(
      started.map(async ({ trader, id, scripts }) => {
        const script = scripts[step];
        if (script === undefined) return;
        await past.team(trader.key, `/api/jobs/${id}/llm-call`, {
          model: trader.model,
          messages: [{ role: "user", content: `#loopback ${script}` }],
        });
      }),
    );
  }
  await past.at(startMs + (steps + 1) * 4_000);
  await Promise.all(
    started.map(({ trader, id, end }) =>
      past.team(trader.key, `/api/jobs/${id}/complete`, { status: end }),
    ),
  );
}

/** Numbers from 0 to 1 that are the same every time (a linear congruential generator, Numerical Recipes' constants). */
function sequence(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
