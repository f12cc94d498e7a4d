import { Panel } from "../base/panel.tsx";
import { Skeleton } from "../base/states.tsx";

/** A summary card before its first answer, in the height that it will have. */
export function FactsSkeleton({ title }: { title: string }) {
  return (
    <Panel title={title} badge={<Skeleton class="h-5 w-16 rounded-full" />}>
      <div class="grid grid-cols-2 gap-4 pt-1" aria-busy="true">
        <Skeleton class="h-9 w-24" />
        <Skeleton class="h-9 w-20" />
      </div>
      <Skeleton class="mt-5 h-6 w-2/3" />
    </Panel>
  );
}
