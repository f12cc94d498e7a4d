import type { Context } from "../context.ts";
import { walletOperations } from "../credits/wallet-routes.ts";
import { adminOperation, type Operation } from "../http/operation.ts";
import { auditOperations } from "./audit-routes.ts";
import { bodyOperations } from "./body-routes.ts";
import { budgetOperations } from "./budget-routes.ts";
import { statusExample } from "./examples.ts";
import { jobOperations } from "./job-routes.ts";
import { keyOperations } from "./key-routes.ts";
import { credentialOperations } from "./credential-routes.ts";
import { gatewayOperations, type GatewayParts } from "./gateway-routes.ts";
import { groupOperations } from "./group-routes.ts";
import { modelOperations } from "./model-routes.ts";
import { noticeOperations } from "./notice-routes.ts";
import { organizationOperations } from "./organization-routes.ts";
import { planOperations } from "./plan-routes.ts";
import { Status } from "./schema.ts";
import { settingsOperations } from "./settings-routes.ts";
import { readStatus, type StatusSource } from "./status.ts";
import { teamOperations } from "./team-routes.ts";
import { teamStateOperations } from "./team-state-routes.ts";

/** Every operation of the admin API; `app.ts` puts the pages beside them. */
export function adminOperations(
  context: Context,
  parts: { status: StatusSource; upstream: GatewayParts },
): readonly Operation[] {
  return [
    ...organizationOperations(context),
    ...teamOperations(context),
    ...teamStateOperations(context),
    ...keyOperations(context),
    ...auditOperations(context),
    ...walletOperations(context),
    ...modelOperations(context, parts.upstream),
    ...groupOperations(context),
    ...credentialOperations(context),
    ...planOperations(context),
    ...budgetOperations(context),
    ...bodyOperations(context),
    ...gatewayOperations(context, parts.upstream),
    ...noticeOperations(context),
    ...settingsOperations(context),
    ...jobOperations(context),
    adminOperation(
      "GET",
      "/api/status",
      {
        operationId: "getStatus",
        needs: "viewer",
        summary: "Get the status",
        description: "The state of API, database and gateway, with the gateway's last log lines.",
        tag: "Status",
        success: { description: "The status.", schema: Status, example: statusExample },
      },
      () => readStatus(context, parts.status, parts.upstream),
    ),
  ];
}
