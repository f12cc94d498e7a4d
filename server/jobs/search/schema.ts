import { type Static, Type } from "@sinclair/typebox";
import { amount } from "../../http/amounts.ts";
import { pageQuery } from "../../http/pagination.ts";
import { JobType, line } from "../fields.ts";

const id = "019aaf3c-6a80-7c11-9d1b-2f9d1b6d2a10";

const slug = (description: string, example: string) =>
  Type.Optional(
    Type.String({
      pattern: "^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$",
      said: "of 1 to 63 lower-case letters, digits and inner hyphens",
      description,
      examples: [example],
    }),
  );

const instant = (description: string, example: string) =>
  Type.Optional(Type.String({ format: "date-time", description, examples: [example] }));

const bound = (description: string, example: number) =>
  Type.Optional(amount({ minimum: 0, description, examples: [example] }));

/** What admins search jobs and calls by. Money as decimal numbers, bounds included. */
export const searchQuery = {
  ...pageQuery,
  organization: slug("Only of this organization.", "aperture-freight"),
  team: slug("Only of this team.", "routing"),
  key: Type.Optional(
    Type.String({ format: "uuid", description: "Only by this virtual key.", examples: [id] }),
  ),
  job_type: Type.Optional(JobType),
  alias: Type.Optional(line(200, "Only with this model alias.", "chat-fast")),
  from: instant("Created then or later.", "2026-11-01T00:00:00Z"),
  to: instant("Created earlier than this.", "2026-12-01T00:00:00Z"),
  min_cost_usd: bound("Provider cost from here on.", 0.5),
  max_cost_usd: bound("Provider cost up to here.", 5),
  min_credits: bound("Credits charged from here on.", 1),
  max_credits: bound("Credits charged up to here.", 10),
  flagged: Type.Optional(
    Type.Union([Type.Literal("true"), Type.Literal("false")], {
      description: "Only with, or only without, a cost flag or a charge above its hold.",
      examples: ["true"],
    }),
  ),
  id: Type.Optional(
    Type.String({
      format: "uuid",
      description: "The id of a job or a call: finds the job, and its calls.",
      examples: [id],
    }),
  ),
};

const searched = Type.Object(searchQuery);
export type SearchQuery = Static<typeof searched>;
