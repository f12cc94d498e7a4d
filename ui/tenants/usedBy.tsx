import type { OrganizationView } from "../../server/organizations/schema.ts";
import type { ListedTeamView } from "../../server/teams/schema.ts";
import { withParameters } from "../api.ts";
import type { Page } from "../base/dataTable.tsx";
import { Failure, Skeleton } from "../base/states.tsx";
import { type Read, useRead } from "../query.ts";
import { kit } from "../strings/kit.ts";
import { tenants as words } from "../strings/tenants.ts";

/** What tenants are looked up by: a plan of their own, a group that is granted, a model that they may use. */
export type Use = { plan: string } | { group: string } | { alias: string };

/** As many names as fit before the list itself is the better place. */
const mostNames = 8;

/** The first few teams by name, each a link, and the way to all of them. */
export function TeamsWith({ use }: { use: Use }) {
  const read = useRead<Page<ListedTeamView>>("/api/teams", {
    parameters: { limit: mostNames, ...use },
  });
  return (
    <Names
      read={read}
      noun={words.teamNoun}
      all={withParameters("/teams", use)}
      toLink={({ team_id: id, name }) => ({ id, name, href: `/teams/${id}` })}
    />
  );
}

/** The same of organizations. */
export function OrganizationsWith({ use }: { use: { plan: string } }) {
  const read = useRead<Page<OrganizationView>>("/api/organizations", {
    parameters: { limit: mostNames, ...use },
  });
  return (
    <Names
      read={read}
      noun={words.organizationNoun}
      all={withParameters("/organizations", use)}
      toLink={({ organization_id: id, name }) => ({ id, name, href: `/organizations/${id}` })}
    />
  );
}

function Names<Row>({
  read,
  noun,
  all,
  toLink,
}: {
  read: Read<Page<Row>>;
  /** Of several: "teams". */
  noun: string;
  all: string;
  toLink: (row: Row) => { id: string; name: string; href: string };
}) {
  const { data, error, retry } = read;
  if (!data) {
    return error ? (
      <Failure title={kit.notLoaded(noun)} error={error} onRetry={retry} />
    ) : (
      <Skeleton class="h-5 w-48" />
    );
  }
  if (data.data.length === 0) return <p class="text-muted">{words.usedByNone(noun)}</p>;
  return (
    <ul class="flex flex-wrap items-center gap-x-4 gap-y-1">
      {data.data.map(toLink).map(({ id, name, href }) => (
        <li key={id} class="max-w-full min-w-0">
          <a
            href={href}
            title={id}
            class="focus-ring block truncate rounded font-medium hover:underline"
          >
            {name}
          </a>
        </li>
      ))}
      <li>
        <a href={all} class="focus-ring rounded text-accent hover:underline">
          {data.next === null ? words.usedByList(noun) : words.usedByMore(noun)}
        </a>
      </li>
    </ul>
  );
}
