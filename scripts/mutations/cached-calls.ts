import type { Mutation } from "./mutation.ts";

export const cachedCallMutations: readonly Mutation[] = [
  {
    file: "book_cached_calls",
    text: "if outcome = 'opened' then",
    replacement: "if true then",
    why: "a hit is settled that was refused",
  },
  {
    file: "book_cached_calls",
    text: "if opened.balance is null and settle ->> 'end_job' is null then",
    replacement: "if true then",
    why: "the settles of a batch lock wallets that its opens have not locked, and so go in circles",
  },
  {
    file: "book_cached_calls",
    text: " || jsonb_build_object('job_id', opened.job_id)",
    replacement: "",
    why: "a hit by reference is settled onto a job that is not its own",
  },
  {
    file: "book_cached_calls",
    text: "balance := coalesce(ended.balance, opened.balance);",
    replacement: "balance := opened.balance;",
    why: "the balance that is told is the one before the charge",
  },
  {
    file: "book_cached_calls",
    text: "and j.team_id = open ->> 'team_id' and j.ended_at is null",
    replacement: "and j.ended_at is null",
    why: "a free hit gets into another team's job",
  },
  {
    file: "book_cached_calls",
    text: "open ->> 'team_id' and j.ended_at is null",
    replacement: "open ->> 'team_id'",
    why: "a free hit gets into a job that has ended",
  },
  {
    file: "book_cached_calls",
    text: "(j.ends_by is null or j.ends_by > p_at)",
    replacement: "true",
    why: "a free hit gets into a job whose time is over",
  },
  {
    file: "book_cached_calls",
    text: "(j.terms ->> 'max_calls' is null or j.calls < (j.terms ->> 'max_calls')::int)",
    replacement: "true",
    why: "free hits are not counted against a job's most calls",
  },
  {
    file: "book_cached_calls",
    text: "and j.terms ->> 'single' is distinct from 'true'",
    replacement: "",
    why: "a free hit gets into the job of a single call that has had it",
  },
  {
    file: "book_cached_calls",
    text: "open ? 'hold' and available >= 0 and",
    replacement: "open ? 'hold' and",
    why: "a free hit is answered though the wallet owes",
  },
  {
    file: "book_cached_calls",
    text: "j.plan_version_id = (open ->> 'plan_version_id')::uuid and ended.charge = 0",
    replacement: "ended.charge = 0",
    why: "a free hit computed for another plan version is free",
  },
  {
    file: "book_cached_calls",
    text: "greatest(coalesce((j.terms ->> 'minimum')::bigint, 0), j.call_charges) <= j.charged",
    replacement: "true",
    why: "a free hit does not pay the minimum that is due",
  },
  {
    file: "book_cached_calls",
    text: "and w.next_due_at > p_at;",
    replacement: ";",
    why: "the balance that is told has credits that have expired",
  },
  {
    file: "book_cached_calls",
    text: "calls = j.calls + 1, succeeded_calls",
    replacement: "calls = j.calls, succeeded_calls",
    why: "a free hit is not counted in its job",
  },
];
