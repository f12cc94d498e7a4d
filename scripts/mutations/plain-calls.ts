import type { Mutation } from "./mutation.ts";

export const plainCallMutations: readonly Mutation[] = [
  {
    file: "open_plain_calls",
    text: "where w.id = any (charged_wallets) order by w.id for update",
    replacement: "where w.id = any (charged_wallets) order by w.id",
    why: "two plain batches are held by the same credits: wallets are not locked",
  },
  {
    file: "open_plain_calls",
    text: "where j.id = any (job_ids) order by j.id for update",
    replacement: "where j.id = any (job_ids) order by j.id",
    why: "a batch is opened in a job that ends meanwhile: jobs are not locked",
  },
  {
    file: "open_plain_calls",
    text: "job_teams[job] is distinct from team_ids[i]",
    replacement: "false",
    why: "a plain batch gets into another team's job",
  },
  {
    file: "open_plain_calls",
    text: "if job_calls[job] + added_calls[job] > most_calls[job] then",
    replacement: "if job_calls[job] > most_calls[job] then",
    why: "a job takes a whole batch too many",
  },
  {
    file: "open_plain_calls",
    text: "if job_versions[job] is distinct from versions[i] then",
    replacement: "if false then",
    why: "a plain batch takes holds of another plan version",
  },
  {
    file: "open_plain_calls",
    text: "rooms[wallet] := rooms[wallet] - hold;",
    replacement: "",
    why: "calls of a plain batch are held by the same credits",
  },
  {
    file: "open_plain_calls",
    text: "hold := greatest(holds[i], minimums[job]);",
    replacement: "hold := holds[i];",
    why: "a plain batch does not hold the job's minimum",
  },
  {
    file: "open_plain_calls",
    text: "if due then",
    replacement: "if false then",
    why: "a plain batch is held by credits that have expired",
  },
  {
    file: "open_plain_calls",
    text: "added_holds[job] := added_holds[job] + hold;",
    replacement: "",
    why: "a job forgets what a plain batch holds",
  },
  {
    file: "settle_plain_calls",
    text: "where c.job_id = x.job_id and c.ended_at is null;",
    replacement: "where c.job_id = x.job_id;",
    why: "a call of a plain batch is settled and charged twice",
  },
  {
    file: "settle_plain_calls",
    text: "count(distinct x.call_id) = n",
    replacement: "true",
    why: "a call that stands twice in a plain batch is charged twice",
  },
  {
    file: "settle_plain_calls",
    text: "bool_and(c.budget_holds is null)",
    replacement: "true",
    why: "a plain batch never books its budgets",
  },
  {
    file: "settle_plain_calls",
    text: "where w.id = any (charged_wallets) order by w.id for update",
    replacement: "where w.id = any (charged_wallets) order by w.id",
    why: "a plain batch books onto a balance that has changed: wallets are not locked",
  },
  {
    file: "settle_plain_calls",
    text: "not bool_or(l.charge_pending)",
    replacement: "true",
    why: "a job that waits for its last call is never charged after a plain batch",
  },
  {
    file: "settle_plain_calls",
    text: "greatest(minimums[job], call_charges[job]",
    replacement: "greatest(0, call_charges[job]",
    why: "a plain batch forgets the job's minimum",
  },
  {
    file: "settle_plain_calls",
    text: "owed[job] := owed[job] + taken;",
    replacement: "",
    why: "a plain batch charges a job's calls over and over",
  },
  {
    file: "settle_plain_calls",
    text: "set held = w.held - x.freed, balance",
    replacement: "set held = w.held, balance",
    why: "a plain batch's holds are never resolved in the wallet",
  },
  {
    file: "settle_plain_calls",
    text: "unattributed = w.unattributed + least(x.taken, greatest(w.balance, 0))",
    replacement: "unattributed = w.unattributed + x.taken",
    why: "a plain batch's debt is put on grants",
  },
  {
    file: "settle_plain_calls",
    text: "balances_after[i] := wallet_balances[wallet] - wallet_taken[wallet];",
    replacement: "balances_after[i] := wallet_balances[wallet] - taken;",
    why: "entries of a plain batch tell a balance that never was",
  },
];
