import type { Answer } from "../e2e/ui-server.ts";

/** A dialog, a menu or the list of a field, and how a reader opens it. */
export interface DialogState {
  /** Its role and name. */
  shows: readonly ["dialog" | "menu" | "listbox", string];
  /** Role and name of what is pressed, one after the other, or what is typed; the last one that stays gets the focus back. */
  press: readonly (readonly [string, string])[];
  /** Escape leaves it open: there is nothing that one could go on with behind it. */
  stays?: true;
  width?: 390;
}

/** The page that a group of dialogs is on. */
export interface DialogPage {
  path: string;
  given?: Record<string, Answer>;
  /** By the file that draws it, which has at most as many as stand here. */
  dialogs: Readonly<Record<string, readonly DialogState[]>>;
}

export const button = (name: string) => ["button", name] as const;
export const dialog = (title: string, ...press: DialogState["press"]): DialogState => ({
  shows: ["dialog", title],
  press,
});
export const menu = (name: string): DialogState => ({
  shows: ["menu", name],
  press: [button(name)],
});
/** What an item of a menu opens. */
export const chosen = (of: string, item: string, title: string): DialogState =>
  dialog(title, button(of), ["menuitem", item]);
/** The choices of a field. */
export const list = (name: string): DialogState => ({
  shows: ["listbox", name],
  press: [["combobox", name]],
});
