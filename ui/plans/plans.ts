import { useQuery } from "@tanstack/preact-query";
import { useEffect, useState } from "preact/hooks";
import type { PlanVersionView, PlanView } from "../../server/pricing/schema.ts";
import type { Month, PlanPreview, Simulation } from "../../server/simulation/schema.ts";
import { type ApiError, at, patch, type Parameters, post, put } from "../api.ts";
import type { Page } from "../base/dataTable.tsx";
import { type Change, type Read, toApiError, useChange, useRead } from "../query.ts";
import { plans as words } from "../strings/plans.ts";
import type { Rules } from "./draft.ts";

export type PlanDetail = PlanView & { versions: PlanVersionView[] };
export interface DraftRules {
  kind: string;
  rules: Rules;
}
export type SubjectKind = "team" | "organization" | "platform";
export interface Assignment {
  kind: SubjectKind;
  id: string;
  /** A day; empty = now. */
  from: string;
  reason: string;
}

const refreshes = ["/api/plans", "/api/teams", "/api/organizations", "/api/settings"];

export function usePlans(parameters: Parameters = {}): Read<Page<PlanView>> {
  return useRead<Page<PlanView>>("/api/plans", { parameters: { limit: 50, ...parameters } });
}

export function usePlan(planId: string): Read<PlanDetail> {
  return useRead<PlanDetail>(at`/api/plans/${planId}`, { enabled: planId !== "" });
}

const restMs = 250;

/** What a draft charges, asked anew when the typing rests. The last answer stays until the next one. */
export function usePreview(
  draft: DraftRules,
  month: Month | undefined,
): { preview: PlanPreview | undefined; error: ApiError | undefined; stale: boolean } {
  const body = JSON.stringify({ ...draft, month });
  const [rested, setRested] = useState(body);
  useEffect(() => {
    const timer = setTimeout(() => setRested(body), restMs);
    return () => clearTimeout(timer);
  }, [body]);
  const query = useQuery({
    queryKey: ["preview", rested],
    queryFn: () => post<PlanPreview>("/api/plans/preview", JSON.parse(rested) as object),
    placeholderData: (before) => before,
  });
  return {
    preview: query.data,
    error: toApiError(query.error),
    stale: body !== rested || query.isPlaceholderData,
  };
}

export function useCreatePlan(
  onDone: (plan: PlanDetail) => void,
): Change<DraftRules & { name: string }> {
  return useChange({
    send: (input, sending) => post<PlanDetail>("/api/plans", input, sending),
    refreshes,
    done: (_, { name }) => words.created(name),
    onDone,
  });
}

export function useNewVersion(
  planId: string,
  onDone: () => void,
): Change<DraftRules & { version: number }> {
  return useChange({
    send: (input, sending) => post(at`/api/plans/${planId}/versions`, input, sending),
    refreshes,
    done: words.saved,
    onDone,
  });
}

export function useChangePlan(
  planId: string,
  done: string,
  onDone: () => void,
): Change<{ name?: string; status?: "active" | "archived"; version: number }> {
  return useChange({
    send: (input, sending) => patch(at`/api/plans/${planId}`, input, sending),
    refreshes,
    done,
    onDone,
  });
}

function assign(planId: string, to: Assignment, key?: string): Promise<unknown> {
  const path = {
    team: at`/api/teams/${to.id}/plan`,
    organization: at`/api/organizations/${to.id}/plan`,
    platform: "/api/settings/plan",
  }[to.kind];
  return put(
    path,
    {
      plan_id: planId,
      ...(to.from && { from: `${to.from}T00:00:00.000Z` }),
      ...(to.reason.trim() && { reason: to.reason.trim() }),
    },
    key === undefined ? {} : { idempotencyKey: key },
  );
}

export function useAssign(planId: string, onDone: () => void): Change<Assignment> {
  return useChange({
    send: (to, { idempotencyKey }) => assign(planId, to, idempotencyKey),
    refreshes,
    done: words.assigned,
    onDone,
  });
}

/** Saves a draft as a plan and assigns it. A second try, after the plan was made, only assigns. */
export function useAssignDraft(
  onDone: () => void,
): Change<DraftRules & { name: string; to: Assignment }> {
  const [made, setMade] = useState<{ of: string; planId: string }>();
  return useChange({
    async send({ name, kind, rules, to }) {
      const of = JSON.stringify({ name, kind, rules });
      let planId = made?.of === of ? made.planId : undefined;
      if (planId === undefined) {
        planId = (await post<PlanDetail>("/api/plans", { name, kind, rules })).plan_id;
        setMade({ of, planId });
      }
      return assign(planId, to);
    },
    refreshes,
    done: words.assigned,
    onDone,
  });
}

/** A long read: up to 50,000 jobs. */
const simulationMs = 60_000;

export function useSimulation(
  onDone: (result: Simulation) => void,
): Change<
  DraftRules & { from: string; to: string; team_ids?: string[]; organization_id?: string }
> {
  return useChange({
    send: (input) => post<Simulation>("/api/plans/simulate", input, { timeoutMs: simulationMs }),
    refreshes: [],
    onDone,
  });
}
