import { DomainError } from "../kernel/errors.ts";

export function keyUnknown(): DomainError {
  return new DomainError("key_unknown", "This key is not known.");
}

export function teamSuspended(): DomainError {
  return new DomainError(
    "team_suspended",
    "This team is suspended; its keys open nothing until that is lifted.",
  );
}

/** Of new jobs and calls. `resumesAt` is ISO 8601; null = when somebody resumes it. */
export function teamPaused(resumesAt: string | null): DomainError {
  return new DomainError(
    "team_paused",
    resumesAt === null
      ? "This team is paused until somebody resumes it; it takes no new jobs and calls."
      : `This team is paused until ${resumesAt}; it takes no new jobs and calls.`,
    { hints: { resumes_at: resumesAt } },
  );
}
