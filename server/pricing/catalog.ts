import { ConfigCache } from "../config-cache.ts";
import type { Context } from "../context.ts";
import type { TeamPrincipal } from "../keys/principal.ts";
import type { SettingsCatalog } from "../settings/catalog.ts";
import type { Assignment } from "./in-force.ts";
import {
  type CallCharging,
  callInJob,
  type Endpoint,
  type JobStart,
  jobStart,
  type Pricing,
  singleCall,
} from "./terms.ts";
import {
  loadAssignments,
  loadVersions,
  planAt,
  type PlanInForce,
  type PlanVersion,
  type Versions,
} from "./versions.ts";

/** Teams whose assignments stay in memory. */
const TEAM_CAPACITY = 20_000;

type Team = Pick<TeamPrincipal, "accountId" | "organizationId">;

/**
 * Which plan counts for whom, in memory, for the call path. Dropped when plans change; what is to take effect later is kept
 * along with the present and compared with the clock at each use.
 */
export class PlanCatalog {
  readonly #context: Context;
  readonly #settings: SettingsCatalog;
  readonly #versions: ConfigCache<Versions>;
  readonly #assignments: ConfigCache<readonly Assignment[]>;

  constructor(context: Context, settings: SettingsCatalog) {
    const { changes } = context;
    this.#context = context;
    this.#settings = settings;
    this.#versions = new ConfigCache({ changes, kinds: ["plans"], capacity: 1 });
    this.#assignments = new ConfigCache({ changes, kinds: ["plans"], capacity: TEAM_CAPACITY });
  }

  /** How a job that a team creates now is charged. */
  async jobStart(team: Team, of: { jobType: string }, nowMs: number): Promise<JobStart> {
    return jobStart(await this.#pricing(team, nowMs), of.jobType, nowMs);
  }

  /** How a call outside any job is charged, with the job that stands for it. */
  async singleCall(
    team: Team,
    of: { endpoint: Endpoint },
    nowMs: number,
  ): Promise<{ start: JobStart; charging: CallCharging }> {
    return singleCall(await this.#pricing(team, nowMs), of.endpoint);
  }

  /** How a call in a job is charged, if the job was created under the plan that counts now. */
  async callInJob(team: Team, of: { endpoint: Endpoint }, nowMs: number): Promise<CallCharging> {
    return callInJob(await this.#pricing(team, nowMs), of.endpoint);
  }

  /** How a call in a job of that plan version is charged. */
  async byVersion(planVersionId: string, of: { endpoint: Endpoint }): Promise<CallCharging> {
    const version = await this.#find(({ byId }) => byId.get(planVersionId));
    if (!version) throw new Error(`there is no plan version ${planVersionId}`);
    return callInJob(await this.#priced(version), of.endpoint);
  }

  /** The plan that counts for a team, and whose choice it is. */
  async inForce(team: Team, nowMs: number): Promise<PlanInForce> {
    const assignments = await this.#assignments.get(team.accountId, () =>
      loadAssignments(this.#context.database.drizzle, {
        teamId: team.accountId,
        organizationId: team.organizationId,
      }),
    );
    const plan = await this.#find((versions) => planAt(assignments, versions, nowMs));
    if (!plan) throw new Error(`the plan of ${team.accountId} has no version in force`);
    return plan;
  }

  /** Stops listening for changes; twice is fine. */
  stop(): void {
    this.#versions.stop();
    this.#assignments.stop();
  }

  async #pricing(team: Team, nowMs: number): Promise<Pricing> {
    return this.#priced((await this.inForce(team, nowMs)).version);
  }

  async #priced({ id, plan }: PlanVersion): Promise<Pricing> {
    const { creditPriceNanos } = await this.#settings.read();
    return { planVersionId: id, plan, creditPriceNanos };
  }

  /** A plan that was just made on another instance may be assigned here before the heartbeat tells of it: then all are read anew. */
  async #find<Found>(pick: (versions: Versions) => Found | undefined): Promise<Found | undefined> {
    const load = () => loadVersions(this.#context.database.drizzle);
    return pick(await this.#versions.get("all", load)) ?? pick(await load());
  }
}
