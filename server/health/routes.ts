import { type Operation, publicOperation, Reply } from "../http/operation.ts";
import { type HealthSource, isReady, toHealth, toReadiness } from "./health.ts";
import { Health, Live, Readiness } from "./schema.ts";

/** Alive: on both listeners. */
export const livenessRoute = publicOperation(
  "GET",
  "/healthz",
  {
    operationId: "getLiveness",
    summary: "Is the process alive",
    description: "Answers as long as the process runs, whatever state the rest is in.",
    tag: "Health",
    success: { description: "Alive.", schema: Live },
  },
  () => ({ status: "ok" }),
);

/** Without a key: for load balancers and whoever watches. */
export function healthRoutes(parts: {
  health: HealthSource;
  settings: { version: string };
}): readonly Operation[] {
  return [
    livenessRoute,
    publicOperation(
      "GET",
      "/readyz",
      {
        operationId: "getReadiness",
        summary: "Can calls be made",
        description:
          "200 when database, schema and the gateway to the models are ready, else 503 with the same body. Jobs can be created as soon as database and migrations are ready.",
        tag: "Health",
        success: {
          description: "Ready.",
          schema: Readiness,
          elsewhere: { 503: "Not ready; the body says which part." },
        },
      },
      () => {
        const state = parts.health.read();
        return new Reply(toReadiness(state), {
          status: isReady(state) ? 200 : 503,
          headers: isReady(state) ? {} : { "retry-after": "2" },
        });
      },
    ),
    publicOperation(
      "GET",
      "/health",
      {
        operationId: "getHealth",
        summary: "State in one sentence",
        description: "For people. Programs ask `/healthz` and `/readyz`.",
        tag: "Health",
        success: { description: "The state.", schema: Health },
      },
      () => toHealth(parts.health.read(), parts.settings.version),
    ),
  ];
}
