import * as machine from "@zag-js/menu";
import { normalizeProps, useMachine } from "@zag-js/preact";
import type { ComponentChildren } from "preact";
import { useId, useRef, useState } from "preact/hooks";
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

interface Props {
  /** Names the button and the list: "Actions for Routing". */
  label: string;
  items: MenuItem[];
  text?: ComponentChildren;
  /** With the border of a button, for the head of a page. */
  framed?: boolean;
}

/**
 * A button that opens a list of actions: three dots, or with `text` a button that says what they are about. A list has fifty of
 * them: until one is opened for the first time it is the button alone.
 */
export function Menu(props: Props) {
  const [opened, setOpened] = useState(false);
  if (opened) return <OpenedMenu {...props} />;
  const open = (event: Event) => {
    event.preventDefault();
    setOpened(true);
  };
  return (
    <button
      type="button"
      aria-haspopup="menu"
      aria-expanded="false"
      aria-label={props.text ? undefined : props.label}
      class={lookOf(props)}
      onClick={open}
      onKeyDown={(event) => {
        if (event.key === "ArrowDown" || event.key === "ArrowUp") open(event);
      }}
    >
      <Face text={props.text} />
    </button>
  );
}

const lookOf = ({ text, framed = false }: Props) =>
  text
    ? buttonClass()
    : framed
      ? `${buttonClass()} w-8 px-0!`
      : "focus-ring inline-grid size-7 place-items-center rounded-control text-muted hover:bg-press hover:text-ink data-[state=open]:bg-press data-[state=open]:text-ink";

function Face({ text }: Pick<Props, "text">) {
  if (!text) return <MoreIcon />;
  return (
    <>
      {text}
      <DownIcon class="size-3.5 text-muted" />
    </>
  );
}

function OpenedMenu(props: Props) {
  const { label, items, text } = props;
  const trigger = useRef<HTMLButtonElement>(null);
  const service = useMachine(machine.machine, {
    id: useId(),
    defaultOpen: true,
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
  return (
    <>
      <button
        type="button"
        {...menu.getTriggerProps()}
        ref={trigger}
        aria-label={text ? undefined : label}
        class={lookOf(props)}
      >
        <Face text={text} />
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
