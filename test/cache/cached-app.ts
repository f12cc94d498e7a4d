import type { AnswerStore } from "../../server/cache/response-cache.ts";
import { seedModel, seedTeam, testApp, type TestAnswer } from "../harness.ts";

export const TTL_SECONDS = 60;

/** What a request may do otherwise than the usual one. */
export interface Asking {
  path?: string;
  headers?: Record<string, string>;
  body?: Record<string, unknown>;
}

/** The team API with the alias `kept`, whose answers are kept for a minute, and `fresh`, whose are not. */
export async function cachedApp(options: { answers?: AnswerStore } = {}) {
  const app = await testApp(options);
  const { context, gateway, database, send } = app;
  await seedModel(context, gateway.upstream, { alias: "kept", cacheTtlSeconds: TTL_SECONDS });
  await seedModel(context, gateway.upstream, { alias: "fresh" });
  let questions = 0;

  /** A team with credits that asks. */
  async function team(credits = 100) {
    const seeded = await seedTeam(context, { credits });
    const ask = (messages: unknown, { path, headers = {}, body = {} }: Asking = {}) =>
      send("POST", path ?? "/v1/chat/completions", {
        key: seeded.key,
        headers,
        body: { model: "kept", messages, ...body },
      });
    const newJob = async () => {
      const created = await send("POST", "/api/jobs/create", {
        key: seeded.key,
        body: { job_type: "x" },
      });
      return `/api/jobs/${String(created.body["job_id"])}`;
    };
    const wallet = async () => {
      const [row] = await database.query<{ balance: number; held: number }>(
        "select balance::int, held::int from wallets where id = $1::uuid",
        [seeded.walletId],
      );
      return row!;
    };
    return { ...seeded, ask, newJob, wallet };
  }

  return {
    ...app,
    team,
    /** A message that was never asked before, and scripts the provider. */
    question: (script: object = {}) => {
      questions += 1;
      return [
        { role: "user", content: `question ${questions} #loopback ${JSON.stringify(script)}` },
      ];
    },
    /** How often a model was asked so far. */
    upstreamCalls: () => gateway.provider.counters.total,
    callRow: async (answer: TestAnswer) => {
      const [row] = await database.query<Record<string, unknown>>(
        `select status, stream, cache_hit, input_tokens, output_tokens, provider_cost_nanos::text as cost, charged::int, target,
           finish_reason, cost_flags = '{}' as unflagged
         from llm_calls where id = $1::uuid`,
        [answer.headers.get("x-call-id")],
      );
      return row!;
    },
  };
}

/** What a stream's frames say together. */
export function readStream(answer: TestAnswer) {
  const events = answer.text.split("\n\n").filter((event) => event.startsWith("data: "));
  const frames = events
    .filter((event) => event !== "data: [DONE]")
    .map((event) => JSON.parse(event.slice(6)) as Record<string, unknown>);
  const choices = frames.flatMap((frame) => frame["choices"] as Record<string, unknown>[]);
  return {
    frames,
    whole: events.at(-1) === "data: [DONE]",
    content: choices
      .map(({ delta }) => (delta as { content?: string | null }).content ?? "")
      .join(""),
    usage: frames.find((frame) => frame["usage"] !== undefined)?.["usage"],
  };
}

export const contentOf = ({ body }: TestAnswer) =>
  (body["choices"] as { message: { content: string } }[])[0]!.message.content;
