import { normalizeProps, useMachine } from "@zag-js/preact";
import * as machine from "@zag-js/tooltip";
import { type ComponentChildren, cloneElement, type VNode } from "preact";
import { useId } from "preact/hooks";
import { Overlay } from "./overlay.tsx";

/** More about a control or a figure, on hover and focus. The child has to be one element that can take the focus. */
export function Tooltip({ text, children }: { text: ComponentChildren; children: VNode }) {
  const service = useMachine(machine.machine, {
    id: useId(),
    openDelay: 400,
    closeDelay: 80,
    positioning: { placement: "top", gutter: 6 },
  });
  const tooltip = machine.connect(service, normalizeProps);
  return (
    <>
      {cloneElement(children, { ...tooltip.getTriggerProps(), ...(children.props as object) })}
      {tooltip.open && (
        <Overlay>
          <div {...tooltip.getPositionerProps()}>
            <div
              {...tooltip.getContentProps()}
              class="popup-in z-50 max-w-72 rounded-control bg-solid px-2 py-1 text-12 text-on-solid shadow-popup"
            >
              {text}
            </div>
          </div>
        </Overlay>
      )}
    </>
  );
}
