import { useRef, useState } from "preact/hooks";
import { Segmented } from "./choices.tsx";
import { CopyButton } from "./copy.tsx";
import { kit } from "../strings/kit.ts";

export interface Snippet {
  /** "curl", "Python", "TypeScript". */
  language: string;
  code: string;
}

/** The same in several languages, to copy. */
export function Snippets({ label, snippets }: { label: string; snippets: readonly Snippet[] }) {
  const [language, setLanguage] = useState(snippets[0]?.language ?? "");
  const code = useRef<HTMLElement>(null);
  const shown = snippets.find((snippet) => snippet.language === language) ?? snippets[0];
  if (!shown) return null;
  return (
    <div class="overflow-hidden rounded-control border border-line bg-rail">
      <div class="flex items-center justify-between gap-2 border-b border-line p-1.5">
        {snippets.length > 1 ? (
          <Segmented
            size="small"
            label={kit.language}
            value={language}
            onChange={setLanguage}
            choices={snippets.map(({ language: name }) => ({ value: name, label: name }))}
          />
        ) : (
          <span class="px-1.5 text-12 text-muted">{shown.language}</span>
        )}
        <CopyButton text={shown.code} what={kit.theCode} fallback={() => code.current} />
      </div>
      <pre
        tabIndex={0}
        role="region"
        aria-label={label}
        class="focus-ring relative max-h-96 overflow-auto px-3 py-2.5 font-mono text-12 -outline-offset-2!"
      >
        <code ref={code}>{shown.code}</code>
      </pre>
    </div>
  );
}
