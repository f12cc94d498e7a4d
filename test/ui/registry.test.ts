import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { dialogPages } from "./dialogs.ts";
import { navigationPages, unopenedPages } from "./navigation-pages.ts";
import { states } from "./states.ts";

/** What the tests in Chromium open is a list written by hand; these hold that nothing is missing from it. */

const root = new URL("../../", import.meta.url).pathname;
const sources = readdirSync(join(root, "ui"), { recursive: true, encoding: "utf8" })
  .filter((file) => /\.tsx?$/.test(file))
  .map((file) => ({ file: `ui/${file}`, text: readFileSync(join(root, "ui", file), "utf8") }));

test("every dialog and menu of the UI is opened by a test", () => {
  // They are made of the dialogs that are counted where they are used.
  const frames = ["ui/base/dialog.tsx", "ui/base/confirmDialog.tsx", "ui/base/removalDialog.tsx"];
  const drawn = Object.fromEntries(
    sources
      .filter(({ file }) => !frames.includes(file))
      .map(({ file, text }): [string, number] => [
        file,
        [
          ...text.matchAll(
            /<(?:Dialog|ConfirmDialog|RemovalDialog|Drawer|BareDialog|dialog|Menu)\b(?!Element)/g,
          ),
        ].length,
      ])
      .filter(([, count]) => count > 0),
  );
  const opened: Record<string, Set<string>> = {};
  for (const { dialogs } of dialogPages) {
    for (const [file, those] of Object.entries(dialogs)) {
      opened[file] ??= new Set();
      for (const { shows } of those) opened[file].add(shows.join(" "));
    }
  }
  const missing = Object.entries(drawn).filter(
    ([file, count]) => (opened[file]?.size ?? 0) < count,
  );
  expect(missing).toEqual([]);
  expect(Object.keys(drawn).length).toBeGreaterThan(30);
});

test("every page of the navigation has a state", () => {
  expect(navigationPages().length).toBeGreaterThan(25);
  expect(unopenedPages(states.map(({ path }) => path))).toEqual([]);
});
