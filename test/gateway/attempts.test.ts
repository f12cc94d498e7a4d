import { expect, test } from "vitest";
import type { CallAttempt } from "../../db/schema/index.ts";
import { attemptsOf, type TriedTargets } from "../../server/gateway/attempts.ts";
import type { AliasTarget } from "../../server/models/catalog.ts";
import { noPrices } from "../../server/pricing/cost.ts";
import { ledger } from "./ledger.ts";

const target = (id: string, fallbackOrder = 1): AliasTarget => ({
  ...{ id, model: `openai/${id}`, weight: 1, fallbackOrder, timeoutMs: 1, retries: 0 },
  prices: noPrices,
});
const told = (tried: string | null, modelId: string | null, answered = true): TriedTargets => ({
  ...{ tried, modelId: modelId && `chat#${modelId}`, answered },
});
const attempt = (id: string, status: number | null, ms: number | null): CallAttempt => ({
  ...{ target_id: id, target: `openai/${id}`, status, ms },
});

const one = [target("a")];
const three = [target("a"), target("b"), target("c", 2)];

test.each([
  ["the only target that answered", told(null, "a"), one, undefined],
  ["one of several that answered at once", told(null, "b"), three, undefined],
  ["the same of a stream", told("b/200/4", "b"), three, undefined],
  ["a refusal by the only target", told("a/500/3", null, false), one, undefined],
  ["no answer at all", told(null, null, false), three, undefined],
  ["a header of nonsense", told("x,/,a/b/c", "a"), one, undefined],
  ["one of several that refused", told("b/400/3", null, false), three, [attempt("b", 400, 3)]],
  ["a fallback that answered at once", told(null, "c"), three, [attempt("c", 200, null)]],
  [
    "a retry that answered",
    told("a/500/3,a/200/9", "a"),
    one,
    [attempt("a", 500, 3), attempt("a", 200, 9)],
  ],
  [
    "a fallback that answered after a failure without a status",
    told("a/0/3,c/200/9", "c"),
    three,
    [attempt("a", null, 3), attempt("c", 200, 9)],
  ],
  [
    "all that failed",
    told("a/429/3,c/500/9", "c", false),
    three,
    [attempt("a", 429, 3), attempt("c", 500, 9)],
  ],
  [
    "a stream that was begun anew by another",
    told("a/200/3", "c"),
    three,
    [attempt("a", null, 3), attempt("c", 200, null)],
  ],
  [
    "a stream that was begun anew in vain",
    told("a/200/3", "c", false),
    three,
    [attempt("a", null, 3)],
  ],
  [
    "a target that has left its alias",
    told("gone/500/3,a/200/9", "a"),
    one,
    [{ ...attempt("gone", 500, 3), target: null }, attempt("a", 200, 9)],
  ],
])("of %s is kept what says more than the call", (_, headers, targets, kept) => {
  expect(attemptsOf(headers, targets)).toEqual(kept);
});

const { database, newId, createJob, call, end, open, settle, resolveLost, context } =
  await ledger();

const kept = async (callId: string) => {
  const [row] = await database.query<{ attempts: unknown }>(
    "select attempts from llm_calls where id = $1::uuid",
    [callId],
  );
  return row!.attempts;
};
const attempts = [attempt("a", 500, 3), attempt("b", 200, 9)];

test("stand on the call's row, settled alone, among others, with a key, and after it was swept", async () => {
  const jobId = await createJob();
  const plain = call(jobId);
  const items = [call(jobId), call(jobId), call(jobId, { claim: { id: newId(), bodyHash: "b" } })];
  await open(plain, ...items);
  await settle(end(plain, { attempts }));
  await settle(end(items[0]!, { attempts }), end(items[1]!));
  expect(await Promise.all([plain, items[0]!, items[1]!].map((item) => kept(item.callId)))).toEqual(
    [attempts, attempts, null],
  );
  const more = [call(jobId), call(jobId)];
  await open(...more);
  const [unknown, lost] = more;
  await settle(end(items[2]!, { attempts }), end(unknown!, { attempts: [] }));
  await resolveLost(context.instanceId);
  await settle(end(lost!, { attempts }));
  expect(await Promise.all([items[2]!, ...more].map((item) => kept(item.callId)))).toEqual([
    ...[attempts, [], attempts],
  ]);
});
