import { useLayoutEffect, useRef } from "preact/hooks";
import { Panel } from "../base/panel.tsx";
import { Skeleton } from "../base/states.tsx";
import { gateway } from "../strings/gateway.ts";

/** How near to its end the log counts as read to the end. */
const nearPixels = 8;

/** The newest lines of LiteLLM's log. It follows its end until the reader scrolls up. */
export function GatewayLog({ lines }: { lines: string[] | undefined }) {
  const scroller = useRef<HTMLDivElement>(null);
  const follows = useRef(true);
  useLayoutEffect(() => {
    const element = scroller.current;
    if (element && follows.current) element.scrollTop = element.scrollHeight;
  }, [lines]);

  return (
    <Panel title={gateway.gatewayLog} flush>
      <div
        ref={scroller}
        role="region"
        aria-label={gateway.logLines}
        tabIndex={0}
        onScroll={({ currentTarget: at }) => {
          follows.current = at.scrollHeight - at.scrollTop - at.clientHeight <= nearPixels;
        }}
        class="focus-ring relative h-56 grow overflow-y-auto bg-rail px-4 py-3 font-mono text-11 text-ink-2 -outline-offset-2!"
      >
        {lines === undefined && <Skeleton class="h-3 w-3/4" />}
        {lines?.length === 0 && <p class="text-muted">{gateway.logEmpty}</p>}
        {lines?.map((line, index) => (
          <div key={index} class="break-words whitespace-pre-wrap">
            {line}
          </div>
        ))}
      </div>
    </Panel>
  );
}
