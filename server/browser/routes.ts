import { Type } from "@sinclair/typebox";
import type { Context } from "../context.ts";
import { Reply, teamOperation, type Operation } from "../http/operation.ts";
import { chooseAlias } from "../gateway/choice.ts";
import { DomainError } from "../kernel/errors.ts";
import { uuidV7 } from "../kernel/ids.ts";
import { findJob } from "../jobs/search.ts";
import { jobNotFound } from "../jobs/lifecycle.ts";
import type { ModelCatalog } from "../models/catalog.ts";
import { signGrant } from "./grant.ts";

const LONGEST_SECONDS = 600;

const BrowserTokenCreate = Type.Object(
  {
    origin: Type.String({
      minLength: 1,
      maxLength: 300,
      description: "The pages that may use it; one of the key's allowed origins.",
      examples: ["https://app.example.com"],
    }),
    model: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 128,
        description: "The only model; the one that calls in this job use when absent.",
        examples: ["chat-fast"],
      }),
    ),
    calls: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 1_000,
        description: "How many calls it is good for; 1 when absent.",
        examples: [5],
      }),
    ),
    expires_in_seconds: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: LONGEST_SECONDS,
        description: "How long it works; ten minutes when absent.",
        examples: [300],
      }),
    ),
  },
  { additionalProperties: false, examples: [{ origin: "https://app.example.com", calls: 5 }] },
);

const BrowserToken = Type.Object(
  {
    token: Type.String({ description: "Sent as a key, from a page of the origin only." }),
    job_id: Type.String(),
    model: Type.String(),
    calls: Type.Integer(),
    origin: Type.String(),
    expires_at: Type.String({ format: "date-time" }),
  },
  {
    examples: [
      {
        token: "sk-browser-eyJpZCI6IjAxOWEifQ.3q2-7w",
        job_id: "019aaf3c-6a80-7c11-9d1b-2f9d1b6d2a10",
        model: "chat-fast",
        calls: 5,
        origin: "https://app.example.com",
        expires_at: "2026-11-23T12:10:00.000Z",
      },
    ],
  },
);

/** Tokens for browsers, which must not hold keys. */
export function browserOperations(context: Context, catalog: ModelCatalog): Operation[] {
  return [
    teamOperation(
      "POST",
      "/api/jobs/:job_id/browser-tokens",
      {
        operationId: "createBrowserToken",
        summary: "Make a token for a browser",
        description:
          "Lets a page make a few calls of one model in this job, for at most ten minutes, without holding your key. The page sends it as its key to `llm-call`, `llm-call-stream` or `/v1`; it opens nothing else.",
        tag: "Calls",
        params: {
          job_id: Type.String({
            description: "The job.",
            examples: ["019aaf3c-6a80-7c11-9d1b-2f9d1b6d2a10"],
          }),
        },
        body: BrowserTokenCreate,
        startsWork: true,
        success: {
          status: 201,
          description: "The token. It is stored nowhere.",
          schema: BrowserToken,
        },
        problems: [
          "not_found",
          "job_ended",
          "origin_not_allowed",
          "model_not_granted",
          "model_ambiguous",
        ],
      },
      async ({ principal, params: { job_id: jobId }, body }) => {
        const job = await findJob(context, { jobId, teamId: principal.teamId });
        if (!job) throw jobNotFound();
        if (job.endedAt)
          throw new DomainError("job_ended", "The job has ended; it takes no calls.");
        if (!principal.allowedOrigins.includes(body.origin)) {
          const message = `origin is ${JSON.stringify(body.origin)}, which is not among the key's allowed origins; have it added to them.`;
          throw new DomainError("origin_not_allowed", message, { hints: { field: "origin" } });
        }
        const granted = await catalog.grantedTo(principal.accountId);
        const { name } = chooseAlias(body.model, {
          mode: "chat",
          granted,
          jobType: job.type,
          principal,
        });
        const now = context.clock.now();
        const grant = {
          id: uuidV7(now),
          keyId: principal.keyId,
          jobId,
          model: name,
          calls: body.calls ?? 1,
          origin: body.origin,
          expiresAt: now + (body.expires_in_seconds ?? LONGEST_SECONDS) * 1_000,
        };
        return new Reply(
          {
            token: signGrant(context.masterKey, grant),
            job_id: jobId,
            model: name,
            calls: grant.calls,
            origin: grant.origin,
            expires_at: new Date(grant.expiresAt).toISOString(),
          },
          { status: 201 },
        );
      },
    ),
  ];
}
