import { Type } from "@sinclair/typebox";
import { authorOf } from "../audit/audit.ts";
import type { Context } from "../context.ts";
import { completionExample, streamExample } from "../gateway/examples.ts";
import { CreateAndCallAnswer, StreamText } from "../gateway/schema.ts";
import { adminOperation, type Operation } from "../http/operation.ts";
import { Playground, type TeamApi } from "./playground.ts";
import { PlaygroundCall, playgroundExample } from "./schema.ts";

/** Models tried out as a team. */
export function playgroundOperations(context: Context, api: TeamApi): readonly Operation[] {
  const playground = new Playground(context, api);
  return [
    adminOperation(
      "POST",
      "/api/teams/:team_id/playground",
      {
        operationId: "callAsTeam",
        needs: "support",
        summary: "Call a model as a team",
        description:
          "A job of one call in the team's name, through the team's own API: with its models, limits and prices, and charged to its wallet. The key for it lives ten minutes; its creation stands in the audit log. What the call cost stands in the job that `x-job-id` names.",
        tag: "Playground",
        params: {
          team_id: Type.String({ description: "Id of a team.", examples: ["routing"] }),
        },
        body: PlaygroundCall,
        bodyExample: playgroundExample,
        success: {
          description: "The completion, and the job's summary and billing.",
          schema: CreateAndCallAnswer,
          example: {
            ...completionExample,
            summary: { total_calls: 1, successful_calls: 1, failed_calls: 0, total_tokens: 30 },
            billing: { credits_charged: 1, credits_remaining: 99 },
          },
          also: { mediaType: "text/event-stream", schema: StreamText, example: streamExample },
        },
        problems: [
          ...(["not_found", "team_suspended", "team_paused", "model_not_granted"] as const),
          ...(["model_ambiguous", "model_unpriced", "insufficient_credits"] as const),
          ...(["budget_exceeded", "rate_limited", "gateway_unavailable"] as const),
          ...(["gateway_installing", "gateway_timeout", "upstream_error"] as const),
          ...(["upstream_bad_request", "upstream_rate_limited"] as const),
        ],
      },
      (input) =>
        playground.call(
          {
            teamId: input.params.team_id,
            author: authorOf(input),
            signal: input.request.signal,
          },
          input.body,
        ),
    ),
  ];
}
