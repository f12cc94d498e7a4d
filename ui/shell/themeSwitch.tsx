import { useId } from "preact/hooks";
import { MoonIcon, SunIcon, SystemIcon } from "../base/icons.tsx";
import { type Theme, useTheme } from "./theme.ts";
import { shell } from "../strings/shell.ts";

const choices: { theme: Theme; name: string; Icon: typeof SunIcon }[] = [
  { theme: "light", name: shell.lightTheme, Icon: SunIcon },
  { theme: "dark", name: shell.darkTheme, Icon: MoonIcon },
  { theme: "system", name: shell.themeOfTheSystem, Icon: SystemIcon },
];

/** Three radio buttons that look like one control: arrow keys move between them. */
export function ThemeSwitch() {
  const [chosen, choose] = useTheme();
  const group = useId();
  return (
    <fieldset class="inline-flex rounded-control border border-line bg-rail p-0.5">
      <legend class="sr-only">{shell.theme}</legend>
      {choices.map(({ theme, name, Icon }) => (
        <label
          key={theme}
          title={name}
          class={`relative grid h-6 w-7 cursor-pointer place-items-center rounded has-focus-visible:outline-2 has-focus-visible:outline-accent ${theme === chosen ? "bg-raised text-ink shadow-card ring-1 ring-line" : "text-muted hover:text-ink"}`}
        >
          <input
            type="radio"
            name={group}
            aria-label={name}
            checked={theme === chosen}
            onChange={() => choose(theme)}
            class="absolute inset-0 cursor-pointer opacity-0"
          />
          <Icon class="size-3.5" />
        </label>
      ))}
    </fieldset>
  );
}
