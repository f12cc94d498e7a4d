import { Type } from "@sinclair/typebox";
import { JobHistogram } from "../analytics/schema.ts";
import { authorOf } from "../audit/audit.ts";
import type { Context } from "../context.ts";
import { adminOperation, type Operation } from "../http/operation.ts";
import { jobDetailExample, jobExample } from "./examples.ts";
import { cancelJob, listJobs, readHistogram, readJob } from "./jobs.ts";
import { JobCancel, JobDetail, JobHistogramQuery, JobPage, JobQuery } from "./schema.ts";

/** Jobs of all teams. */
export function jobOperations(context: Context): readonly Operation[] {
  const tag = "Jobs";
  const params = {
    job_id: Type.String({
      description: "Id of a job.",
      examples: ["019aaf3c-6a80-7c11-9d1b-2f9d1b6d2a10"],
    }),
  };
  return [
    adminOperation(
      "GET",
      "/api/jobs",
      {
        operationId: "listJobs",
        needs: "viewer",
        summary: "List jobs of all teams",
        description: "Newest first, with what they cost.",
        tag,
        query: JobQuery,
        success: {
          description: "A page of jobs.",
          schema: JobPage,
          example: { data: [jobExample], next: null, prev: null },
        },
        problems: ["amount_invalid"],
      },
      ({ query }) => listJobs(context, query),
    ),

    adminOperation(
      "GET",
      "/api/jobs/histogram",
      {
        operationId: "getJobHistogram",
        needs: "viewer",
        summary: "Count jobs by time and status",
        description:
          "Those that the list would show, over its span (`from`, `to`; the last 30 days when absent), in at most 50 stretches of equal length. At most the newest 100,000 are counted.",
        tag,
        query: JobHistogramQuery,
        success: { description: "The counts.", schema: JobHistogram },
        problems: ["amount_invalid"],
      },
      ({ query }) => readHistogram(context, query),
    ),

    adminOperation(
      "POST",
      "/api/jobs/:job_id/cancel",
      {
        operationId: "cancelJob",
        needs: "support",
        summary: "Cancel a job of any team",
        description:
          "Ends it as cancelled, at once, as its team could: it takes no more calls, its streams stop within two seconds, other calls in flight run out. Once more changes nothing.",
        tag,
        params,
        body: JobCancel,
        success: { description: "The job.", schema: JobDetail, example: jobDetailExample },
        problems: ["not_found", "job_ended", "job_expired"],
      },
      async (input) => {
        const jobId = input.params.job_id;
        await cancelJob(context, authorOf(input), { jobId, reason: input.body.reason });
        return readJob(context, jobId);
      },
    ),

    adminOperation(
      "GET",
      "/api/jobs/:job_id",
      {
        operationId: "getJob",
        needs: "viewer",
        summary: "Get a job",
        description: "With its newest 500 calls in the order of their start, and what they cost.",
        tag,
        params,
        success: { description: "The job.", schema: JobDetail, example: jobDetailExample },
        problems: ["not_found"],
      },
      ({ params }) => readJob(context, params.job_id),
    ),
  ];
}
