import { useEffect, useRef, useState } from "preact/hooks";
import { IconButton } from "./button.tsx";
import { CheckIcon, CopyIcon } from "./icons.tsx";
import { kit } from "../strings/kit.ts";

const confirmedMs = 2000;

/** Copies a text; where the browser has no clipboard (plain HTTP from afar) it selects the element to copy by hand. */
export function CopyButton({
  text,
  what,
  fallback,
}: {
  text: string;
  /** Completes "Copy …". */
  what: string;
  fallback: () => Element | null;
}) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), confirmedMs);
    return () => clearTimeout(timer);
  }, [copied]);

  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setCopied(true);
    } catch {
      const element = fallback();
      if (element) getSelection()?.selectAllChildren(element);
    }
  };
  return (
    <IconButton label={copied ? kit.copied : kit.copy(what)} small onClick={() => void copy()}>
      {copied ? <CheckIcon class="text-ok" /> : <CopyIcon />}
    </IconButton>
  );
}

/** One line for the terminal with its copy button. Long lines wrap, so that nothing hides on a phone. */
export function CommandLine({ command, what }: { command: string; what: string }) {
  const code = useRef<HTMLElement>(null);
  return (
    <div class="flex items-start gap-2 rounded-control border border-line bg-rail py-1.5 pr-1.5 pl-3">
      <code
        ref={code}
        class="min-w-0 flex-1 py-0.5 font-mono text-12 leading-5 break-words whitespace-pre-wrap"
      >
        {command}
      </code>
      <CopyButton text={command} what={what} fallback={() => code.current} />
    </div>
  );
}

/** An id or address in mono with its copy button. */
export function Copyable({ text, what }: { text: string; what: string }) {
  const code = useRef<HTMLElement>(null);
  return (
    <span class="inline-flex max-w-full items-center gap-1">
      <code ref={code} class="truncate font-mono text-12">
        {text}
      </code>
      <CopyButton text={text} what={what} fallback={() => code.current} />
    </span>
  );
}
