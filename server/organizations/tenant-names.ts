import type { Drizzle } from "../../db/client.ts";
import type { Page } from "../http/pagination.ts";
import { selectTenantNames } from "./store.ts";

/** Whose something is; null = nobody's in particular. */
interface Owned {
  team_id: string | null;
  organization_id: string | null;
}

type NameOf<Id> = Id extends string ? string : null;

export type WithTenantNames<Item extends Owned> = Item & {
  team_name: NameOf<Item["team_id"]>;
  organization_name: NameOf<Item["organization_id"]>;
};

/** What is told before the names are known. */
export type WithoutTenantNames<View> = Omit<View, "team_name" | "organization_name">;

export interface TenantNames {
  team(id: string): string;
  organization(id: string): string;
}

/** Names of teams and organizations, also deleted ones, by one statement for all; of what is not there any more its id. */
export async function tenantNames(
  drizzle: Drizzle,
  asked: { teams: readonly string[]; organizations: readonly string[] },
): Promise<TenantNames> {
  const ids = {
    teams: [...new Set(asked.teams)],
    organizations: [...new Set(asked.organizations)],
  };
  const nobody = ids.teams.length + ids.organizations.length === 0;
  const rows = nobody ? [] : await selectTenantNames(drizzle, ids);
  const names = new Map(rows.map(({ kind, id, name }) => [`${kind}:${id}`, name]));
  return {
    team: (id) => names.get(`team:${id}`) ?? id,
    organization: (id) => names.get(`organization:${id}`) ?? id,
  };
}

/** Adds the names of their teams and organizations to the items of a page, with one statement however many they are. */
export async function withTenantNames<Item extends Owned>(
  drizzle: Drizzle,
  items: readonly Item[],
): Promise<WithTenantNames<Item>[]> {
  const present = (id: string | null) => (id === null ? [] : [id]);
  const names = await tenantNames(drizzle, {
    teams: items.flatMap((item) => present(item.team_id)),
    organizations: items.flatMap((item) => present(item.organization_id)),
  });
  return items.map((item) => {
    const { team_id: team, organization_id: organization } = item;
    return {
      ...item,
      team_name: (team === null ? null : names.team(team)) as NameOf<Item["team_id"]>,
      organization_name: (organization === null
        ? null
        : names.organization(organization)) as NameOf<Item["organization_id"]>,
    };
  });
}

/** A page whose items carry the names. */
export async function pageWithTenantNames<Item extends Owned>(
  drizzle: Drizzle,
  page: Page<Item>,
): Promise<Page<WithTenantNames<Item>>> {
  return { ...page, data: await withTenantNames(drizzle, page.data) };
}
