import { Type } from "@sinclair/typebox";
import type { Context } from "../context.ts";
import { walletOperations } from "../credits/wallet-routes.ts";
import { adminOperation, type Operation } from "../http/operation.ts";
import { auditOperations } from "./audit-routes.ts";
import { bodyOperations } from "./body-routes.ts";
import { budgetOperations } from "./budget-routes.ts";
import { jobDetailExample, jobExample, statusExample } from "./examples.ts";
import { listJobs, readJob } from "./jobs.ts";
import { keyOperations } from "./key-routes.ts";
import { credentialOperations } from "./credential-routes.ts";
import { gatewayOperations, type GatewayParts } from "./gateway-routes.ts";
import { groupOperations } from "./group-routes.ts";
import { modelOperations } from "./model-routes.ts";
import { noticeOperations } from "./notice-routes.ts";
import { organizationOperations } from "./organization-routes.ts";
import { planOperations } from "./plan-routes.ts";
import { JobDetail, JobPage, JobQuery, Status } from "./schema.ts";
import { settingsOperations } from "./settings-routes.ts";
import { readStatus, type StatusSource } from "./status.ts";
import { teamOperations } from "./team-routes.ts";
import { teamStateOperations } from "./team-state-routes.ts";

/** Every operation of the admin API; `app.ts` puts the pages beside them. */
export function adminOperations(
  context: Context,
  parts: { status: StatusSource; upstream: GatewayParts },
): readonly Operation[] {
  return [
    ...organizationOperations(context),
    ...teamOperations(context),
    ...teamStateOperations(context),
    ...keyOperations(context),
    ...auditOperations(context),
    ...walletOperations(context),
    ...modelOperations(context, parts.upstream),
    ...groupOperations(context),
    ...credentialOperations(context),
    ...planOperations(context),
    ...budgetOperations(context),
    ...bodyOperations(context),
    ...gatewayOperations(context, parts.upstream),
    ...noticeOperations(context),
    ...settingsOperations(context),
    ...jobOperations(context),
    adminOperation(
      "GET",
      "/api/status",
      {
        operationId: "getStatus",
        needs: "viewer",
        summary: "Get the status",
        description: "The state of API, database and gateway, with the gateway's last log lines.",
        tag: "Status",
        success: { description: "The status.", schema: Status, example: statusExample },
      },
      () => readStatus(context, parts.status, parts.upstream),
    ),
  ];
}

function jobOperations(context: Context): readonly Operation[] {
  const tag = "Jobs";
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
      "/api/jobs/:job_id",
      {
        operationId: "getJob",
        needs: "viewer",
        summary: "Get a job",
        description: "With its newest 500 calls in the order of their start, and what they cost.",
        tag,
        params: {
          job_id: Type.String({
            description: "Id of a job.",
            examples: ["019aaf3c-6a80-7c11-9d1b-2f9d1b6d2a10"],
          }),
        },
        success: { description: "The job.", schema: JobDetail, example: jobDetailExample },
        problems: ["not_found"],
      },
      ({ params }) => readJob(context, params.job_id),
    ),
  ];
}
