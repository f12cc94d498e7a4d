import { lazy } from "preact-iso";
import type { AnyComponent } from "preact";
import type { OverviewIcon } from "../base/icons.tsx";
import type { Permission } from "../session/permission.ts";

/** An entry of the navigation, with every page behind it. */
export interface Screen {
  href: string;
  name: string;
  Icon: typeof OverviewIcon;
  /** Who sees it; the API decides by itself. */
  may: Permission;
  /** It stands at the lower end of the sidebar instead of in its group. */
  inFoot?: true;
  /** By address, as the router reads it: "/teams/:teamId". */
  pages: Readonly<Record<string, Page>>;
}

export interface ScreenGroup {
  /** None for the first group, which needs no name. */
  name?: string;
  screens: readonly Screen[];
}

/** A page whose code is read when it is first opened, or just before by `preload`. */
export type Page = ReturnType<typeof page>;

export function page(load: () => Promise<AnyComponent>) {
  const component = lazy(load);
  const { preload } = component;
  // `lazy` keeps a failure for good: what is fetched ahead must not be what a page fails by.
  component.preload = () => load().then(preload);
  return component;
}

/** Whether a path is the screen or one of the pages below it. */
export function holds(href: string, path: string): boolean {
  return href === "/" ? path === "/" : path === href || path.startsWith(`${href}/`);
}
