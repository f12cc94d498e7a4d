import { useLocation } from "preact-iso";
import { changedAddress } from "./listState.ts";

export interface Tab {
  /** In the address, as `?tab=…`; the first one is the page's own address. */
  name: string;
  label: string;
  count?: number;
}

/** Which tab the address names; the first when none or an unknown one. */
export function useTab(tabs: readonly Tab[]): string {
  const { tab } = useLocation().query;
  return tabs.find(({ name }) => name === tab)?.name ?? tabs[0]?.name ?? "";
}

/** Parts of one thing, each with an address of its own: links, so that the back button and a new window work. */
export function Tabs({ label, tabs }: { label: string; tabs: readonly Tab[] }) {
  const { path } = useLocation();
  const chosen = useTab(tabs);
  return (
    <nav
      aria-label={label}
      tabIndex={0}
      class="focus-ring relative mb-4 flex gap-5 overflow-x-auto border-b border-line"
    >
      {tabs.map(({ name, label: text, count }, index) => (
        <a
          key={name}
          href={changedAddress(path, { tab: index === 0 ? undefined : name })}
          aria-current={name === chosen ? "page" : undefined}
          class={`focus-ring -mb-px flex h-9 shrink-0 items-center gap-1.5 border-b-2 font-medium ${name === chosen ? "border-ink text-ink" : "border-transparent text-muted hover:text-ink"}`}
        >
          {text}
          {count !== undefined && <span class="font-normal text-muted tabular-nums">{count}</span>}
        </a>
      ))}
    </nav>
  );
}
