import type { Context } from "../context.ts";
import type { Operation } from "../http/operation.ts";
import { accessOperations } from "./access-routes.ts";
import { ownAccountOperations } from "./own-routes.ts";
import { peopleOperations } from "./people-routes.ts";
import { tokenOperations } from "./token-routes.ts";

/** Who may use the admin API, and how they prove it. */
export function accountOperations(context: Context): readonly Operation[] {
  return [
    ...accessOperations(context),
    ...ownAccountOperations(context),
    ...peopleOperations(context),
    ...tokenOperations(context),
  ];
}
