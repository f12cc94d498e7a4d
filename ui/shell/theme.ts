import { useState } from "preact/hooks";

export type Theme = "light" | "dark" | "system";

/** Also read by `public/theme.js` before the first paint. */
const storageKey = "theme";

function stored(): Theme {
  const { theme } = document.documentElement.dataset;
  return theme === "light" || theme === "dark" ? theme : "system";
}

/** The chosen theme and its setter; "system" follows the machine and is the absence of a choice. */
export function useTheme(): [Theme, (theme: Theme) => void] {
  const [theme, setTheme] = useState(stored);
  const choose = (next: Theme) => {
    setTheme(next);
    if (next === "system") delete document.documentElement.dataset["theme"];
    else document.documentElement.dataset["theme"] = next;
    try {
      if (next === "system") localStorage.removeItem(storageKey);
      else localStorage.setItem(storageKey, next);
    } catch {
      // Storage can be forbidden; the choice then lasts as long as the page.
    }
  };
  return [theme, choose];
}
