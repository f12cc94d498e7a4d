import type { Role } from "../../server/accounts/roles.ts";

/** What each role is offered by the screens and may ask of the API, written by hand. */

const everybody: readonly Role[] = ["viewer", "support", "billing", "admin"];
const admins: readonly Role[] = ["admin"];
const support: readonly Role[] = ["support", "admin"];
const billing: readonly Role[] = ["billing", "admin"];
const either: readonly Role[] = ["support", "billing", "admin"];

/** A button, link or checkbox by its name; `in` = the menu whose item it is. */
interface Offer {
  part: string;
  in?: string;
  who: readonly Role[];
  /** What the API is asked when it is pressed; a role that it is not offered to asks all the same. */
  asks?: readonly ["POST" | "PATCH" | "PUT" | "DELETE", string, object?];
}

/** Entries of the navigation that not everybody has. */
export const navigation: Readonly<Record<string, readonly Role[]>> = {
  Organizations: everybody,
  Models: everybody,
  People: everybody,
  Playground: support,
  "API tokens": admins,
  "Audit log": admins,
};

export interface RolePage {
  path: string;
  /** A text that is there once the page is. */
  shows: string;
  offers: readonly Offer[];
}

/** `jobId` is a completed job of the team support that was charged, `openJobId` one that runs. */
export const rolePages = (jobId: string, openJobId: string): readonly RolePage[] => {
  const team = "/api/teams/support";
  const inTeam = "Actions for Support";
  return [
    {
      path: "/organizations",
      shows: "1 organization shown",
      offers: [
        { part: "New organization", who: admins, asks: ["POST", "/api/organizations"] },
        { part: "Suspend…", in: "Actions: Support", who: either },
        { part: "Delete…", in: "Actions: Support", who: admins },
      ],
    },
    {
      path: "/organizations/support",
      shows: "1 team shown",
      offers: [
        { part: "New team", who: admins, asks: ["POST", "/api/teams"] },
        {
          ...{ part: "Suspend…", in: inTeam, who: either },
          asks: ["POST", "/api/organizations/support/suspend"],
        },
        {
          ...{ part: "Rename…", in: inTeam, who: admins },
          asks: ["PATCH", "/api/organizations/support", { name: "Other", version: 1 }],
        },
      ],
    },
    {
      path: "/teams/support",
      shows: "API keys",
      offers: [
        {
          ...{ part: "Allocate credits", who: billing },
          asks: ["POST", `${team}/wallet/allocate`, { credits: 1 }],
        },
        {
          ...{ part: "Deduct credits…", in: inTeam, who: billing },
          asks: ["POST", `${team}/wallet/deduct`, { credits: 1, reason: "x" }],
        },
        {
          ...{ part: "Refund a job…", in: inTeam, who: either },
          asks: ["POST", `${team}/wallet/refund`, { job_id: jobId, reason: "x" }],
        },
        { part: "Suspend…", in: inTeam, who: either, asks: ["POST", `${team}/suspend`] },
        { part: "Delete…", in: inTeam, who: admins, asks: ["DELETE", team] },
        { part: "Edit", who: billing, asks: ["PATCH", `${team}/wallet`, { version: 1 }] },
        { part: "Create key", who: support, asks: ["POST", `${team}/keys`, { name: "x" }] },
      ],
    },
    {
      path: "/teams/support?tab=access",
      shows: "Models by job type",
      offers: [
        { part: "Change access", who: admins, asks: ["PUT", `${team}/access`, { groups: [] }] },
        { part: "Change limits", who: admins, asks: ["PATCH", team, { version: 1 }] },
      ],
    },
    {
      path: "/teams/support?tab=plan",
      shows: "No plan of its own was ever assigned.",
      offers: [
        {
          ...{ part: "Assign a plan", who: billing },
          asks: ["PUT", `${team}/plan`, { plan_id: "default" }],
        },
      ],
    },
    {
      path: "/teams/support?tab=wallet",
      shows: "Credits are given by hand only.",
      offers: [
        {
          ...{ part: "New refill", who: billing },
          asks: ["POST", `${team}/wallet/refills`, { credits: 1, period: "day" }],
        },
      ],
    },
    {
      path: `/jobs/${jobId}`,
      shows: "How it is charged",
      offers: [{ part: "Refund", who: either }],
    },
    {
      path: `/jobs/${openJobId}`,
      shows: "Pending",
      offers: [
        { part: "Cancel the job", who: support, asks: ["POST", `/api/jobs/${openJobId}/cancel`] },
      ],
    },
    {
      path: "/plans",
      shows: "1 plan shown",
      offers: [{ part: "New plan", who: billing, asks: ["POST", "/api/plans"] }],
    },
    {
      path: "/plans/_new",
      shows: "Worked out",
      offers: [{ part: "Create the plan", who: billing }],
    },
    {
      path: "/budgets",
      shows: "No budget yet",
      offers: [{ part: "New budget", who: billing, asks: ["POST", "/api/budgets"] }],
    },
    {
      path: "/top-ups",
      shows: "No code yet",
      offers: [{ part: "New batch", who: billing, asks: ["POST", "/api/top-up-batches"] }],
    },
    {
      path: "/models",
      shows: "1 model shown",
      offers: [
        { part: "Add model", who: admins, asks: ["POST", "/api/models"] },
        { part: "Try it", in: "Actions: chat-fast", who: support },
        {
          ...{ part: "Delete", in: "Actions: chat-fast", who: admins },
          asks: ["DELETE", "/api/models/chat-fast"],
        },
      ],
    },
    {
      path: "/models/chat-fast",
      shows: "Response cache",
      offers: [
        { part: "Save model", who: admins, asks: ["PATCH", "/api/models/chat-fast"] },
        {
          ...{ part: "Try it", who: support },
          asks: ["POST", `${team}/playground`, { messages: [{ role: "user", content: "x" }] }],
        },
      ],
    },
    {
      path: "/credentials",
      shows: "No credentials yet",
      offers: [{ part: "Add credential", who: admins, asks: ["POST", "/api/credentials"] }],
    },
    {
      path: "/groups",
      shows: "chat-fast",
      offers: [{ part: "Create group", who: admins, asks: ["POST", "/api/groups"] }],
    },
    {
      path: "/gateway",
      shows: "Calls in flight",
      // This one is another's, which nobody restarts from here.
      offers: [{ part: "Restart…", who: [], asks: ["POST", "/api/gateway/restart"] }],
    },
    {
      path: "/settings",
      shows: "Name of the service",
      offers: [
        {
          part: "Save the settings",
          who: admins,
          asks: ["PATCH", "/api/settings", { brand: "x" }],
        },
      ],
    },
    {
      path: "/people",
      shows: "ada@example.com",
      offers: [
        { part: "Invite somebody", who: admins, asks: ["POST", "/api/invitations"] },
        // Nobody below an owner touches one.
        { part: "Actions: Ada Byron", who: [] },
        { part: "Actions: The viewer", who: admins },
      ],
    },
  ];
};
