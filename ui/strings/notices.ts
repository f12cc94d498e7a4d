/** The words of notices, the outbox of what was told. */
export const notices = {
  title: "Notices",
  about:
    "What was told: low and negative balances, budgets near their limit, credits about to expire, calls that could not be booked.",
  noun: ["notice", "notices"],
  caption: "Notices, newest first",
  emptyTitle: "Nothing to tell yet",
  emptyText: "A notice is written once each time a balance or budget crosses its line.",
  kind: "Kind",
  team: "Team",
  organization: "Organization",
  kinds: {
    "wallet.low_balance": "Low balance",
    "wallet.negative": "Negative balance",
    "budget.threshold": "Budget reached",
    "credits.expiring": "Credits expiring",
    "call.unsettled": "Call not booked",
  },
  columns: {
    notice: "Notice",
    about: "About",
    what: "What",
    time: "When",
    delivered: "Delivered",
  },
  pending: "Not yet",
  low: (available: string, threshold: string) => `${available} available, less than ${threshold}`,
  negative: (available: string) => `${available} available: new work is refused`,
  budget: (used: string, spent: string, limit: string, period: string) =>
    `${used} used: ${spent} of ${limit} ${period}`,
  periods: { day: "a day", week: "a week", month: "a month", ever: "for ever" },
  unsettled: (model: string) =>
    `The end of a call of ${model} could not be booked; it was resolved as aborted, free of charge`,
  expiring: (credits: string, day: string) => `${credits} will expire on ${day}`,
} as const;
