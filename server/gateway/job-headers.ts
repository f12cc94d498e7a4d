import { Type } from "@sinclair/typebox";
import { validated } from "../http/validation.ts";
import { DomainError } from "../kernel/errors.ts";
import { line } from "../jobs/fields.ts";
import type { JobHeaders } from "./requests.ts";

/** The headers that place an OpenAI request in a job, as the document names them. */
export const jobHeaders = {
  "x-job-id": Type.String({
    minLength: 1,
    maxLength: 100,
    description: "Puts the call in this job.",
    examples: ["019aaf3c-6a80-7c11-9d1b-2f9d1b6d2a10"],
  }),
  "x-job-ref": line(
    100,
    "Your own name of a job, UTF-8 without control characters: finds the open job of that name or creates it. It ends when idle.",
    "ticket-4711",
  ),
  "x-job-type": line(
    100,
    "The type of the job that the call makes, UTF-8 without control characters; `single_call` without it.",
    "ticket_summary",
  ),
};

const JobHeaderFields = Type.Partial(Type.Object(jobHeaders));

export function readJobHeaders(request: Request): JobHeaders {
  const sent = Object.keys(jobHeaders).flatMap((name) => {
    const value = request.headers.get(name);
    return value === null ? [] : [[name, decoded(name, value)]];
  });
  const headers = validated(JobHeaderFields, Object.fromEntries(sent));
  const jobId = headers["x-job-id"];
  const jobReference = headers["x-job-ref"];
  if (jobId !== undefined && jobReference !== undefined) {
    const message = "X-Job-Id and X-Job-Ref name a job in two ways: send one of them.";
    throw new DomainError("invalid_request", message, { hints: { field: "x-job-ref" } });
  }
  return { jobId, jobReference, jobType: headers["x-job-type"] };
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** The text of a header: the runtimes hand over each of its bytes as a character of Latin-1. */
function decoded(field: string, value: string): string {
  try {
    return utf8.decode(Buffer.from(value, "latin1"));
  } catch (error) {
    const message = `The header ${field} is not valid UTF-8.`;
    throw new DomainError("invalid_request", message, { hints: { field }, cause: error });
  }
}
