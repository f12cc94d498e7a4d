import { createStore, useStore } from "../base/store.ts";

const storageKey = "folded";

function stored(): readonly string[] {
  try {
    const names: unknown = JSON.parse(localStorage.getItem(storageKey) ?? "[]");
    return Array.isArray(names) ? names.filter((name) => typeof name === "string") : [];
  } catch {
    // Storage can be forbidden, or hold what somebody else wrote.
    return [];
  }
}

/** Groups of the navigation that are folded; the sidebar and the menu of narrow screens show the same. */
const folded = createStore(stored());

/** Whether a group is folded, and how to change that; it lasts as long as the browser keeps it. */
export function useFolded(name = ""): [boolean, () => void] {
  const names = useStore(folded);
  const toggle = () => {
    folded.set((before) =>
      before.includes(name) ? before.filter((other) => other !== name) : [...before, name],
    );
    try {
      localStorage.setItem(storageKey, JSON.stringify(folded.get()));
    } catch {
      // Then it lasts as long as the page.
    }
  };
  return [names.includes(name), toggle];
}
