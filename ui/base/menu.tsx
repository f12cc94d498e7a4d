import * as machine from "@zag-js/menu";
import { normalizeProps, useMachine } from "@zag-js/preact";
import type { ComponentChildren } from "preact";
import { useId, useRef } from "preact/hooks";
import { buttonClass } from "./button.tsx";
import { DownIcon, MoreIcon } from "./icons.tsx";
import { Overlay, popupClass, popupItemClass } from "./overlay.tsx";

export type MenuItem =
  | "line"
  | {
      label: string;
      onSelect: () => void;
      /** For what destroys or stops. */
      danger?: boolean;
      disabled?: boolean;
    };

/** A button that opens a list of actions: three dots, or with `text` a button that says what they are about. */
export function Menu({
  label,
  items,
  text,
  framed = false,
}: {
  /** Names the button and the list: "Actions for Routing". */
  label: string;
  items: MenuItem[];
  text?: ComponentChildren;
  /** With the border of a button, for the head of a page. */
  framed?: boolean;
}) {
  const trigger = useRef<HTMLButtonElement>(null);
  const service = useMachine(machine.machine, {
    id: useId(),
    "aria-label": label,
    positioning: { placement: "bottom-end", gutter: 4 },
    onSelect: ({ value }) => {
      const item = items[Number(value)];
      if (!item || item === "line") return;
      // A dialog gives the focus back to what had it, and the item is gone by then.
      trigger.current?.focus();
      item.onSelect();
    },
  });
  const menu = machine.connect(service, normalizeProps);
  const look = text
    ? buttonClass()
    : framed
      ? `${buttonClass()} w-8 px-0!`
      : "focus-ring inline-grid size-7 place-items-center rounded-control text-muted hover:bg-press hover:text-ink data-[state=open]:bg-press data-[state=open]:text-ink";
  return (
    <>
      <button
        type="button"
        {...menu.getTriggerProps()}
        ref={trigger}
        aria-label={text ? undefined : label}
        class={look}
      >
        {text ? (
          <>
            {text}
            <DownIcon class="size-3.5 text-muted" />
          </>
        ) : (
          <MoreIcon />
        )}
      </button>
      {menu.open && (
        <Overlay>
          <div {...menu.getPositionerProps()}>
            <div {...menu.getContentProps()} class={popupClass}>
              {items.map((item, index) =>
                item === "line" ? (
                  <div key={index} {...menu.getSeparatorProps()} class="mx-1 my-1 h-px bg-line" />
                ) : (
                  <div
                    key={index}
                    {...menu.getItemProps({
                      value: String(index),
                      disabled: item.disabled ?? false,
                    })}
                    class={`${popupItemClass} ${item.danger ? "text-bad" : ""}`}
                  >
                    {item.label}
                  </div>
                ),
              )}
            </div>
          </div>
        </Overlay>
      )}
    </>
  );
}
