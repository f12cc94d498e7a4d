import { Elysia, t } from "elysia";
import type { Context } from "../context.ts";
import { DomainError } from "../kernel/errors.ts";
import type { Upstream } from "../litellm/upstream.ts";
import type { Assets } from "../runtime/runtime.ts";
import { operation } from "./documented.ts";
import { createAdminGate, isGuarded } from "./gate.ts";
import { listJobs, readJob } from "./jobs.ts";
import { modelRoutes } from "./model-routes.ts";
import { createPages } from "./pages.ts";
import { JobDetail, JobPage, JobQuery, Status } from "./schema.ts";
import { sessionRoutes } from "./session-routes.ts";
import { readStatus, type StatusSource } from "./status.ts";
import { tenantRoutes } from "./tenant-routes.ts";

export interface AdminParts {
  status: StatusSource;
  upstream: Pick<Upstream, "status" | "priceBook">;
  assets: Assets;
  /** The random token of this start that stands in the data directory for the commands on this machine. */
  cliToken: string;
  /** Where browsers reach this listener, without a trailing slash; known once it listens. */
  adminUrl(): string;
}

const PAGE_SIZE = 50;

/**
 * The admin API under `/api` and the pages of the admin UI. Its gate stands before everything that is mounted on the same
 * app: documents and metrics included.
 */
export function adminRoutes(context: Context, parts: AdminParts) {
  const gate = createAdminGate(context, parts.cliToken);
  const servePage = createPages(parts.assets);

  return new Elysia({ normalize: false })
    .onRequest(({ request }) => gate.admit(request))
    .use(sessionRoutes(context, gate, () => parts.adminUrl()))
    .get(
      "/api/status",
      () => readStatus(context, parts.status, parts.upstream),
      operation({
        tag: "Operation",
        summary: "State of API, database and gateway",
        answers: { 200: Status },
      }),
    )
    .get(
      "/api/jobs",
      ({ query }) =>
        listJobs(context, {
          teamId: query.team,
          status: query.status,
          limit: query.limit ?? PAGE_SIZE,
          cursor: query.cursor,
        }),
      {
        query: JobQuery,
        ...operation({
          tag: "Jobs",
          summary: "List jobs of all teams, newest first",
          answers: { 200: JobPage },
          problems: ["invalid_request"],
        }),
      },
    )
    .get("/api/jobs/:id", ({ params }) => readJob(context, params.id), {
      params: t.Object({ id: t.String({ examples: ["019aaf3c-6a80-7c11-9d1b-2f9d1b6d2a10"] }) }),
      ...operation({
        tag: "Jobs",
        summary: "Get a job with its calls and what they cost",
        answers: { 200: JobDetail },
        problems: ["not_found"],
      }),
    })
    .use(tenantRoutes(context, gate))
    .use(modelRoutes(context, parts.upstream))
    .get(
      "/*",
      async ({ request }) => {
        const page = isGuarded(new URL(request.url).pathname)
          ? undefined
          : await servePage(request);
        if (page) return page;
        throw new DomainError("not_found", "There is nothing at this address.");
      },
      { detail: { hide: true } },
    );
}
