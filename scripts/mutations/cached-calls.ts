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
];
