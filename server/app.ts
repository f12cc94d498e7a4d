import { browserOperations } from "./browser/routes.ts";
import { createPages } from "./admin/pages.ts";
import { authenticate } from "./accounts/principal.ts";
import { accountOperations } from "./accounts/routes.ts";
import { adminOperations } from "./admin/routes.ts";
import { analyticsOperations } from "./analytics/routes.ts";
import { adminCallOperations } from "./calls/routes.ts";
import { chargeOperations } from "./charges/routes.ts";
import { creditOperations } from "./credits/routes.ts";
import { openAiOperations } from "./gateway/openai-routes.ts";
import { callOperations } from "./gateway/routes.ts";
import { healthRoutes, livenessRoute } from "./health/routes.ts";
import { authenticateTeam } from "./http/bearer.ts";
import { createDocumentation } from "./http/documentation.ts";
import { createHttpApp, type HttpApp } from "./http/http-app.ts";
import { openApiDocument } from "./http/openapi.ts";
import type { Operation } from "./http/operation.ts";
import type { AdminParts, ApiSettings, AppParts } from "./http/parts.ts";
import { jobOperations } from "./jobs/routes.ts";
import { modelOperations } from "./models/routes.ts";
import { playgroundOperations } from "./playground/routes.ts";
import { simulationOperations } from "./simulation/routes.ts";
import { identityOperations } from "./teams/routes.ts";
import { statementOperations } from "./statements/routes.ts";
import { usageOperations } from "./usage/routes.ts";

/** The team API: what stands on port 8003. Nothing but health and documents answers without a key. */
export function createApp(parts: AppParts): HttpApp {
  const { settings } = parts;
  const operations = teamOperations(parts);
  return createHttpApp({
    operations,
    authenticate: { team: (request) => authenticateTeam(parts.keys, request) },
    bodyLimitBytes: settings.bodyLimitBytes,
    trustedProxies: settings.trustedProxies ?? [],
    log: parts.context.log,
    origins: parts.origins,
    otherwise: createDocumentation({
      title: settings.brand,
      document: (title) => teamDocument(operations, { title, version: settings.version }),
      assets: parts.assets,
    }),
  });
}

function teamOperations(parts: AppParts): readonly Operation[] {
  return [
    ...jobOperations(parts),
    ...callOperations(parts),
    ...browserOperations(parts.context, parts.catalog),
    ...openAiOperations(parts),
    ...identityOperations(parts),
    ...modelOperations(parts.catalog),
    ...usageOperations(parts.context),
    ...creditOperations(parts.context),
    ...healthRoutes(parts),
  ];
}

function teamDocument(
  operations: readonly Operation[],
  info: { title: string; version: string },
): Record<string, unknown> {
  return openApiDocument(operations, {
    ...info,
    description:
      "Create a job, make calls in it, complete it. Bodies and answers are JSON; times are ISO 8601 in UTC; errors are problem documents (RFC 9457), on `/v1` OpenAI's error objects. Authorize with a key of your team.",
    tags: [
      { name: "Jobs", description: "A job is one business operation with any number of calls." },
      { name: "Calls", description: "Model calls within a job." },
      {
        name: "OpenAI-compatible",
        description: "For any OpenAI SDK: base URL `/v1` and your key.",
      },
      { name: "Team", description: "Your key, team, models, usage and credits." },
      { name: "Health", description: "For load balancers and monitoring." },
    ],
    security: { name: "key", description: "A key of your team: `sk-…`." },
  });
}

/**
 * The admin UI and its API: what stands on port 3002. Without a session or token only the pages themselves, `/healthz` and
 * the opening of a session answer.
 */
export function createAdminApp(parts: AdminParts): HttpApp {
  const { settings } = parts;
  const operations = [
    livenessRoute,
    ...accountOperations(parts.context),
    ...adminOperations(parts.context, parts),
    ...adminCallOperations(parts.context),
    ...chargeOperations(parts.context),
    ...analyticsOperations(parts.context),
    ...statementOperations(parts.context),
    ...playgroundOperations(parts.context, parts.api),
    ...simulationOperations(parts.context),
  ];
  const admin = (request: Request) => authenticate(parts.context, parts.cliToken, request);
  const pages = createPages(parts.assets);
  const documentation = createDocumentation({
    title: () => Promise.resolve("Admin API"),
    document: () => adminDocument(operations, settings),
    assets: parts.assets,
  });
  return createHttpApp({
    operations,
    authenticate: { admin },
    bodyLimitBytes: settings.bodyLimitBytes,
    trustedProxies: settings.trustedProxies ?? [],
    log: parts.context.log,
    async otherwise(request) {
      const { pathname } = new URL(request.url);
      if (!closedPaths.test(pathname)) return isRead(request) ? pages(request) : undefined;
      await admin(request);
      return documentation(request);
    },
  });
}

/**
 * What is not a page: even whether it exists is only told to admins. The team API's own paths are among them, so that who
 * asks for them at the wrong port gets no page with status 200.
 */
const closedPaths =
  /^\/(?:api|v1|docs|problems|openapi\.json|metrics|healthz|readyz|health)(?:\/|$)/;

const isRead = (request: Request) => request.method === "GET" || request.method === "HEAD";

function adminDocument(
  operations: readonly Operation[],
  settings: Pick<ApiSettings, "version">,
): Record<string, unknown> {
  return openApiDocument(operations, {
    title: "Admin API",
    version: settings.version,
    description:
      "What the admin pages and the commands use. Bodies and answers are JSON; times are ISO 8601 in UTC; errors are problem documents (RFC 9457).",
    tags: [
      { name: "Session", description: "Signing in and out, and links that make accounts." },
      { name: "Account", description: "One's own: password, second factor, sessions." },
      { name: "Accounts", description: "Who may sign in, with which role." },
      { name: "API tokens", description: "For scripts." },
      { name: "Status", description: "The state of everything." },
      { name: "Organizations", description: "Customers." },
      { name: "Teams", description: "Tenants: their state, credits and access to models." },
      { name: "Keys", description: "Virtual keys of teams." },
      { name: "Audit", description: "Who changed what." },
      { name: "Wallets", description: "Credits of teams: changes, grants, refills, the ledger." },
      { name: "Top-up codes", description: "Codes that teams redeem for credits." },
      { name: "Models", description: "Model aliases and what they cost." },
      {
        name: "Plans",
        description: "What jobs and calls are charged, and who goes by which plan.",
      },
      { name: "Budgets", description: "Caps on provider cost, hard or soft." },
      { name: "Notices", description: "Crossings that somebody should hear of." },
      { name: "Jobs", description: "Jobs of all teams with what they cost." },
      { name: "Analytics", description: "What the platform earns and spends." },
      {
        name: "Calls",
        description: "Calls of all teams with what they cost, also as they happen.",
      },
      { name: "Settings", description: "Of the whole platform, at run time." },
      { name: "Health", description: "For monitoring." },
    ],
    security: { name: "token", description: "An API token: `slt-…`." },
  });
}
