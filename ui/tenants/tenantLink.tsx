interface Props {
  kind: "team" | "organization";
  id: string;
  name: string;
  tab?: string;
}

/** A team or an organization by its name, also in a row that is a link itself; its id where the pointer rests. */
export function TenantLink({ kind, id, name, tab }: Props) {
  return (
    <a
      href={`/${kind}s/${encodeURIComponent(id)}${tab ? `?tab=${tab}` : ""}`}
      title={id}
      class="focus-ring relative z-1 inline-block max-w-full truncate rounded align-bottom hover:underline"
    >
      {name}
    </a>
  );
}
