import fc from "fast-check";

/** One thing that happens. Numbers choose among what there is at that moment: a job, a call, an amount. */
export type Step =
  | { do: "create"; team: number; maxCredits: number | undefined }
  | { do: "open"; opens: readonly OpenStep[]; instance: number }
  | { do: "settle"; settles: readonly SettleStep[] }
  | {
      do: "together";
      settles: readonly SettleStep[];
      opens: readonly OpenStep[];
      instance: number;
    }
  | { do: "end"; job: number; as: "completed" | "failed" | "cancelled" }
  | { do: "expire idle" }
  | { do: "lose"; instance: number }
  | {
      do: "allocate";
      team: number;
      credits: number;
      priority: number;
      lastsHours: number | undefined;
    }
  | { do: "deduct"; team: number; credits: number }
  | { do: "adjust"; team: number; credits: number }
  | { do: "refund"; job: number; share: number | undefined }
  | { do: "transfer"; from: number; credits: number }
  | { do: "refill"; team: number; credits: number; period: "day" | "week"; expires: boolean }
  | { do: "limit"; team: number; credits: number | undefined }
  | { do: "plan"; plan: number }
  | { do: "wait"; ms: number }
  | { do: "tick" };

export interface OpenStep {
  /** A job that is there; undefined = a new one that ends with its call. */
  job: number | undefined;
  team: number;
  hold: number;
  /** How much of it would do, in tenths; undefined = it cannot be cut short. */
  least: number | undefined;
  cost: number;
  /** Bits: which budgets. */
  budgets: number;
  otherTerms: boolean;
}

export interface SettleStep {
  call: number;
  status: "succeeded" | "failed" | "aborted";
  /** Of the hold, in tenths. */
  charge: number;
  /** Of the worst case, in tenths; undefined = not known. */
  cost: number | undefined;
}

const any = fc.nat({ max: 1_000 });
const team = fc.nat({ max: 1 });
/** In hundredths of a credit: some round, some not, 0 now and then. */
const credits = fc.oneof(fc.nat({ max: 400 }), fc.constantFrom(0, 100, 1_000));
const sometimes = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined, freq: 2 });
const rarely = <T>(value: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 5, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: value });

const open = fc.record<OpenStep>({
  job: fc.option(any, { nil: undefined, freq: 4 }),
  team,
  hold: credits,
  least: sometimes(fc.nat({ max: 10 })),
  cost: fc.nat({ max: 400 }),
  budgets: fc.constantFrom(0, 0, 1, 2, 3),
  otherTerms: fc.constantFrom(false, false, false, false, false, false, true),
});

const plainOpen = fc.record<OpenStep>({
  job: any,
  team,
  // Little, so that there is enough for several.
  hold: fc.oneof({ weight: 3, arbitrary: fc.nat({ max: 60 }) }, { weight: 1, arbitrary: credits }),
  least: sometimes(fc.nat({ max: 10 })),
  cost: fc.nat({ max: 400 }),
  budgets: fc.constant(0),
  otherTerms: fc.nat({ max: 30 }).map((one) => one === 0),
});

const settle = fc.record<SettleStep>({
  call: any,
  status: fc.constantFrom("succeeded", "succeeded", "succeeded", "failed", "aborted"),
  charge: fc.constantFrom(0, 3, 7, 10, 10, 15),
  cost: fc.constantFrom(0, 5, 10, 12, undefined),
});

const together: fc.Arbitrary<Step> = step("together", {
  settles: fc.array(settle, { maxLength: 5 }),
  opens: fc.array(plainOpen, { maxLength: 4 }),
  instance: fc.nat({ max: 1 }),
});

const HOUR = 3_600_000;
const kinds: { weight: number; arbitrary: fc.Arbitrary<Step> }[] = [
  { weight: 6, arbitrary: step("create", { team, maxCredits: rarely(credits) }) },
  {
    weight: 8,
    arbitrary: step("open", {
      opens: fc.array(open, { minLength: 1, maxLength: 4 }),
      instance: fc.nat({ max: 1 }),
    }),
  },
  {
    weight: 8,
    arbitrary: step("settle", { settles: fc.array(settle, { minLength: 1, maxLength: 4 }) }),
  },
  {
    weight: 5,
    arbitrary: step("end", {
      job: any,
      as: fc.constantFrom("completed", "completed", "failed", "cancelled"),
    }),
  },
  { weight: 1, arbitrary: step("expire idle", {}) },
  { weight: 1, arbitrary: step("lose", { instance: fc.nat({ max: 1 }) }) },
  {
    weight: 4,
    arbitrary: step("allocate", {
      team,
      credits: fc.integer({ min: 1, max: 600 }),
      priority: fc.constantFrom(10, 100),
      lastsHours: sometimes(fc.constantFrom(1, 24, 72)),
    }),
  },
  { weight: 1, arbitrary: step("deduct", { team, credits: fc.integer({ min: 1, max: 400 }) }) },
  { weight: 1, arbitrary: step("adjust", { team, credits: fc.constantFrom(-500, -30, 40) }) },
  {
    weight: 2,
    arbitrary: step("refund", { job: any, share: sometimes(fc.integer({ min: 1, max: 12 })) }),
  },
  {
    weight: 1,
    arbitrary: step("transfer", { from: team, credits: fc.integer({ min: 1, max: 400 }) }),
  },
  {
    weight: 1,
    arbitrary: step("refill", {
      team,
      credits: fc.integer({ min: 1, max: 300 }),
      period: fc.constantFrom("day", "week"),
      expires: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: step("limit", { team, credits: fc.constantFrom(0, 0, 200, undefined) }) },
  { weight: 2, arbitrary: step("plan", { plan: any }) },
  {
    weight: 4,
    arbitrary: step("wait", { ms: fc.constantFrom(1_000, HOUR, HOUR + 1, 25 * HOUR, 80 * HOUR) }),
  },
  { weight: 1, arbitrary: step("tick", {}) },
];

export const sequences = fc.record({
  plan: any,
  steps: fc.array(fc.oneof(...kinds), { minLength: 5, maxLength: 40, size: "max" }),
});

/** Jobs of several plans with credits for many calls, most of which begin and end together. */
export const busySequences = fc
  .tuple(
    fc.array(fc.tuple(any, team), { minLength: 2, maxLength: 5 }),
    fc.array(fc.oneof(...kinds, { weight: 60, arbitrary: together }), {
      minLength: 5,
      maxLength: 15,
    }),
  )
  .map(([jobs, steps]): { plan: number; steps: Step[] } => ({
    plan: 0,
    steps: [
      ...[0, 1].map((one): Step => ({
        ...{ do: "allocate", team: one, credits: 1_500 },
        ...{ priority: 100, lastsHours: undefined },
      })),
      ...jobs.flatMap(([plan, one]): Step[] => [
        { do: "plan", plan },
        { do: "create", team: one, maxCredits: undefined },
      ]),
      ...steps,
    ],
  }));

function step(name: Step["do"], fields: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<Step> {
  return fc.record({ do: fc.constant(name), ...fields }) as fc.Arbitrary<Step>;
}
