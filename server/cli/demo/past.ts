import { randomBytes } from "node:crypto";
import { createBudgetCatalog } from "../../budgets/catalog.ts";
import type { Context } from "../../context.ts";
import { Calls } from "../../gateway/calls.ts";
import type { HttpApp } from "../../http/http-app.ts";
import type { Clock } from "../../kernel/clock.ts";
import { createKeyVerifier } from "../../keys/verify.ts";
import { External } from "../../litellm/external.ts";
import { createApps } from "../../main/apps.ts";
import type { Services } from "../../main/services.ts";
import { PlanCatalog } from "../../pricing/catalog.ts";
import type { Assets } from "../../runtime/runtime.ts";
import { CliError } from "../cli-error.ts";

const STREAM_COMMENT_MS = 15_000;

/**
 * The server's own two APIs at another time: the same database and rules, with a clock that the demo sets, and the provider
 * asked directly in LiteLLM's place. What is done through it stands in the database as if it had happened then.
 */
export class Past implements Clock {
  readonly #apps: { api: HttpApp; admin: HttpApp };
  readonly #services: Services;
  readonly #token = randomBytes(32).toString("base64url");
  #nowMs: number;

  constructor(present: Services, options: { assets: Assets; providerUrl: string; nowMs: number }) {
    this.#nowMs = options.nowMs;
    const { database, changes, masterKey, log, instanceId } = present.context;
    const context: Context = { database, changes, masterKey, log, instanceId, clock: this };
    const upstream = new External({
      url: options.providerUrl,
      apiKey: "loopback",
      log,
      onChange: () => {},
    });
    this.#services = {
      ...present,
      context,
      upstream,
      plans: new PlanCatalog(context, present.settings),
      budgets: createBudgetCatalog(context),
      keys: createKeyVerifier(context),
      calls: new Calls(context, { upstream, streamCommentMs: STREAM_COMMENT_MS }),
    };
    this.#apps = createApps({
      services: this.#services,
      assets: options.assets,
      cliToken: this.#token,
      startedAt: new Date(options.nowMs),
      publicUrl: () => "http://localhost",
      isStopping: () => false,
      bodyLimitBytes: 1024 * 1024,
      trustedProxies: [],
    });
  }

  now(): number {
    return this.#nowMs;
  }

  /** Sets the clock, and lets the month have its partition of calls. */
  async at(ms: number): Promise<void> {
    const isNewMonth = new Date(ms).getUTCMonth() !== new Date(this.#nowMs).getUTCMonth();
    this.#nowMs = ms;
    if (isNewMonth) await this.makePartitions();
  }

  async makePartitions(): Promise<void> {
    const { database } = this.#services.context;
    await database.query("select ensure_call_partitions_v1($1::timestamptz)", [
      new Date(this.#nowMs),
    ]);
  }

  /** Serves the models that the database has by now. */
  async applyModels(): Promise<void> {
    this.#services.upstream.apply(await this.#services.catalog.gatewayConfig());
  }

  /** A request to the admin API; throws what it refuses. */
  async admin<Answer>(method: string, path: string, body?: object): Promise<Answer> {
    const response = await this.#send(this.#apps.admin, { method, path, key: this.#token, body });
    const answer: unknown = await response.json();
    if (!response.ok) {
      throw new CliError(`${path} answered ${response.status}: ${JSON.stringify(answer)}`);
    }
    return answer as Answer;
  }

  /** A request to the team API, whatever it answers. */
  async team(key: string, path: string, body: object): Promise<{ status: number; body: unknown }> {
    const response = await this.#send(this.#apps.api, { method: "POST", path, key, body });
    return { status: response.status, body: await response.json() };
  }

  async end(): Promise<void> {
    const { calls, upstream, plans, budgets, keys } = this.#services;
    await calls.drain(1_000);
    await keys.stop();
    plans.stop();
    budgets.stop();
    await upstream.stop(0);
  }

  #send(
    app: HttpApp,
    {
      method,
      path,
      key,
      body,
    }: { method: string; path: string; key: string; body?: object | undefined },
  ): Promise<Response> {
    return app.handle(
      new Request(`http://localhost${path}`, {
        method,
        headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
    );
  }
}
