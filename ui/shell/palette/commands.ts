import { useEffect } from "preact/hooks";
import { createStore } from "../../base/store.ts";

export interface Command {
  id: string;
  label: string;
  /** What kind of thing it is, or whose: "Page", "Aperture Freight". */
  hint: string;
  /** Where it leads, or else what it does. */
  href?: string;
  run?: () => void;
}

export const paletteOpen = createStore(false);
export const openPalette = () => paletteOpen.set(true);

/** Actions of the page that is shown. */
export const pageCommands = createStore<readonly Command[]>([]);

/** Puts the actions of a page into the palette for as long as the page is shown. `key` changes when they do. */
export function usePageCommands(commands: readonly Command[], key = ""): void {
  useEffect(() => {
    pageCommands.set((before) => [...before, ...commands]);
    return () =>
      pageCommands.set((before) => before.filter((command) => !commands.includes(command)));
  }, [key]);
}

/** Those that hold every word that was typed, best first: a label that begins with the text, then the rest in their order. */
export function matching(commands: readonly Command[], typed: string): Command[] {
  const text = typed.trim().toLowerCase();
  const words = text.split(/\s+/);
  const found = commands.filter(({ label, hint, id }) => {
    const all = `${label} ${hint} ${id}`.toLowerCase();
    return words.every((word) => all.includes(word));
  });
  const begins = ({ label }: Command) => label.toLowerCase().startsWith(text);
  return [...found.filter(begins), ...found.filter((command) => !begins(command))];
}

export const isUuid = (text: string) =>
  /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text.trim());
