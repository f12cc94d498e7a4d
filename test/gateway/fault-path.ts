import { expect } from "vitest";
import { systemAuthor } from "../../server/audit/audit.ts";
import { assignPlan } from "../../server/pricing/assignments.ts";
import { createPlan } from "../../server/pricing/plans.ts";
import type { LoopbackProvider } from "../../server/loopback/provider.ts";
import { seedModel, seedTeam, type TestApp, testApp, until } from "../harness.ts";

/** Micro-credits of a token: 0.001 USD at this model, with a markup of 30 %. */
const PRICE = 13_000;
const CREDITS = 1_000_000;

/** What a script's answer costs when it comes whole. */
export const tokens = { input_tokens: 40, output_tokens: 60 };

export interface Ended {
  status: string;
  error_code: string | null;
  estimated: boolean;
  input_tokens: number | null;
  output_tokens: number | null;
}

type FaultParts = Pick<TestApp, "context" | "calls" | "handle"> & { provider: LoopbackProvider };

/** A token costs 0.001 USD. */
export const dear = { inputPrice: 1_000, outputPrice: 1_000 };

/** Calls that go wrong at a stand-in for LiteLLM. */
export async function faultPath() {
  const app = await testApp({ streamCommentMs: 25 });
  const { context, gateway } = app;
  await seedModel(context, gateway.upstream, { alias: "dear", ...dear });
  const limited = { hasty: { firstByte: 400 }, lively: { idle: 500 }, brief: { total: 400 } };
  for (const [alias, timeouts] of Object.entries(limited))
    await seedModel(context, gateway.upstream, { alias, timeouts, ...dear });
  const vectors = { mode: "embedding", inputPrice: dear.inputPrice } as const;
  for (const [alias, timeouts] of Object.entries({ dear: {}, brief: limited.brief }))
    await seedModel(context, gateway.upstream, { alias: `${alias}-vectors`, timeouts, ...vectors });
  const { provider } = gateway;
  return { ...app, provider, caller: await faultCallers({ ...app, provider }) };
}

/** Makes callers, each a team of its own that pays call by call: holds and charges are real. */
export async function faultCallers(parts: FaultParts) {
  const { context, provider, calls, handle } = parts;
  const { database } = context;
  const embeddings = { kind: "markup", percent: 30 } as const;
  const { planId } = await createPlan(context, systemAuthor, {
    ...{ name: "By the call", kind: "markup", rules: { percent: 30, embeddings } },
  });

  return async function caller() {
    const team = await seedTeam(context, { credits: CREDITS });
    const subject = { kind: "team" as const, id: team.teamId };
    await assignPlan(context, systemAuthor, {
      ...{ subject, planId, from: undefined, reason: undefined },
    });
    const leaving = new AbortController();

    const post = (path: string, body: object, headers: Record<string, string> = {}) =>
      handle(
        new Request(`http://localhost${path}`, {
          method: "POST",
          headers: {
            "content-type": "application/json",
            authorization: `Bearer ${team.key}`,
            ...headers,
          },
          body: JSON.stringify(body),
          signal: leaving.signal,
        }),
      );

    return {
      ...team,
      post,
      leave: () => leaving.abort(),
      newJob: async () => {
        const created = await post("/api/jobs/create", { job_type: "fault" });
        return `/api/jobs/${((await created.json()) as { job_id: string }).job_id}`;
      },
      /**
       * The team's only call once it has ended: nothing runs any more, here or upstream, nothing is held, and exactly what its
       * row says was paid.
       */
      account: async (): Promise<Ended> => {
        await until(
          "the call has ended here and upstream",
          () => calls.inFlight === 0 && provider.counters.inFlight === 0,
          { timeoutMs: 15_000 },
        );
        const rows = await database.query<Ended & { charged: number }>(
          `select status, error_code, 'estimated' = any(cost_flags) as estimated, input_tokens, output_tokens, charged::float8
           from llm_calls where team_id = $1`,
          [team.teamId],
        );
        expect(rows).toHaveLength(1);
        const { charged, ...row } = rows[0]!;
        const free = row.status === "failed" && !row.output_tokens;
        expect(charged).toBe(
          free ? 0 : PRICE * ((row.input_tokens ?? 0) + (row.output_tokens ?? 0)),
        );
        await expectPaid(charged);
        return row;
      },
    };

    async function expectPaid(charged: number) {
      const [wallet] = await database.query<object>(
        `select balance::float8, held::float8,
           (select count(*)::int from credit_holds h where h.wallet_id = w.id and h.state = 'open') as open,
           (select array_to_json(coalesce(array_agg(amount::float8), '{}')) from credit_transactions t
             where t.wallet_id = w.id and t.kind = 'charge') as charges,
           (select coalesce(sum(calls_in_flight), 0)::int from jobs j where j.team_id = w.team_id) as in_flight
         from wallets w where id = $1::uuid`,
        [team.walletId],
      );
      expect(wallet).toEqual({
        ...{ balance: CREDITS * 1e6 - charged, held: 0, open: 0, in_flight: 0 },
        charges: charged === 0 ? [] : [-charged],
      });
    }
  };
}

/** A text that scripts the provider; the alias is the one that the request names. */
export const say = (script: object) => `hello #loopback ${JSON.stringify(script)}`;

/** What a stream or a refusal must never name. */
export const secrets = /litellm|loopback-|sk-loop|provider\.invalid|http:/i;

/** The events of a stream without what differs between two calls, comments left out. */
export function eventsOf(text: string): string[] {
  return text
    .split("\n\n")
    .filter((event) => event !== "" && !event.startsWith(":"))
    .map((event) =>
      event.replaceAll(
        /"(?:id|item_id|call_id|job_id|created|created_at|completed_at)":(?:"[^"]*"|\d+)/g,
        "",
      ),
    );
}
