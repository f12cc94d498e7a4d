import { useState } from "preact/hooks";
import type { Change } from "../query.ts";
import { kit } from "../strings/kit.ts";
import { DifferenceView } from "./differenceView.tsx";

/**
 * The version that a form's change is made from: the one that it was opened on, however often the page behind it reads anew. After
 * a conflict `reload` goes on from the newer one; what was typed stays, and `Meanwhile` says what it would replace.
 */
export function useVersion(options: {
  version: number;
  change: Pick<Change<unknown>, "error" | "reset">;
  /** Reads the thing again. */
  retry: () => void;
}): { version: number; reload: () => void; reloaded: boolean } {
  const [opened, setOpened] = useState(options.version);
  const [reloaded, setReloaded] = useState(false);
  return {
    version: opened,
    reloaded,
    reload: () => {
      const newer = options.change.error?.hints["version"];
      if (typeof newer === "number") setOpened(newer);
      setReloaded(true);
      options.change.reset();
      options.retry();
    },
  };
}

/** What somebody else saved while a form was open. */
export function Meanwhile({ shown, values }: { shown: boolean; values: object }) {
  const [opened] = useState(values);
  if (!shown) return null;
  return (
    <div role="status" class="grid gap-2">
      <p class="text-warn">{kit.savedMeanwhile}</p>
      <DifferenceView before={opened} after={values} />
    </div>
  );
}
