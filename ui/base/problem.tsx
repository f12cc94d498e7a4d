import type { ComponentChildren } from "preact";
import { WarningIcon } from "./icons.tsx";

/** The sentence that says why a part of the system does not work. */
export function Problem({ children }: { children: ComponentChildren }) {
  return (
    <div class="mt-4 flex gap-2 rounded-control bg-bad-soft px-3 py-2 text-bad">
      <WarningIcon class="mt-0.5" />
      <p class="min-w-0 break-words">{children}</p>
    </div>
  );
}
