import { Type } from "@sinclair/typebox";

/** What clients name and describe their jobs and calls with, the same on every endpoint. */

export const Metadata = Type.Record(Type.String(), Type.Unknown(), {
  description: "A JSON object of your own, at most 16 KiB.",
});

/** Control characters would break terminals and logs, and PostgreSQL stores no NUL. */
export const oneLine = "^[^\\u0000-\\u001f\\u007f-\\u009f]*$";

/** A text of one line that is not empty. */
export const line = (maxLength: number, description: string, example: string) =>
  Type.String({
    minLength: 1,
    maxLength,
    pattern: oneLine,
    said: "without control characters",
    description,
    examples: [example],
  });

export const JobType = line(
  100,
  "What kind of operation this is; yours to choose, without control characters.",
  "invoice_check",
);
export const UserId = line(
  200,
  "Whom it is done for, in your own words, without control characters.",
  "u-118",
);
export const ExternalTaskId = line(
  200,
  "Your own id of the operation, without control characters.",
  "task-4711",
);
export const Purpose = line(
  200,
  "What the call is for, in your own words, without control characters.",
  "extract",
);
