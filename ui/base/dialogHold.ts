import { createContext } from "preact";
import { useContext, useLayoutEffect } from "preact/hooks";

/**
 * What keeps a dialog open that somebody wants to close. `everything`: a change is under way, whose outcome would be lost, a new key
 * with it. `clicks`: there is something in it to lose, so that a click beside it, which may be a slip, does not close it.
 */
export type Hold = "everything" | "clicks";

/** The holds of the dialog around; none on a page. */
export const DialogHolds = createContext<Map<symbol, Hold> | undefined>(undefined);

/** Whether even the button that closes a dialog does nothing for now. */
export const isHeld = (holds: ReadonlyMap<symbol, Hold> | undefined) =>
  holds !== undefined && [...holds.values()].includes("everything");

export function useDialogHold(hold: Hold | undefined): void {
  const holds = useContext(DialogHolds);
  useLayoutEffect(() => {
    if (!holds || !hold) return;
    const holder = Symbol("hold");
    holds.set(holder, hold);
    return () => void holds.delete(holder);
  }, [holds, hold]);
}
