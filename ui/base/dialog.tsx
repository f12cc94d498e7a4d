import type { ComponentChildren } from "preact";
import { useContext, useEffect, useId, useRef, useState } from "preact/hooks";
import { IconButton } from "./button.tsx";
import { DialogHolds, type Hold, isHeld } from "./dialogHold.ts";
import { CloseIcon } from "./icons.tsx";
import { OverlayTarget } from "./overlay.tsx";
import { kit } from "../strings/kit.ts";

const firstField = "input, textarea, select, [role=combobox], button";

/**
 * The native modal <dialog>: the browser gives the focus trap, Escape, the inert page and the return of the focus. What is in it
 * mounts when it opens, so that a form never shows what was typed the last time.
 */
function Modal({
  open,
  onClose,
  class: look,
  labelledBy,
  describedBy,
  label,
  children,
}: {
  open: boolean;
  onClose: () => void;
  class: string;
  labelledBy?: string;
  describedBy?: string | undefined;
  label?: string;
  children: ComponentChildren;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [overlay, setOverlay] = useState<Element | null>(null);
  /** Times that the browser closed it, by Escape: one that has to stay, as without a session, opens again. */
  const [closed, setClosed] = useState(0);
  const [holds] = useState(() => new Map<symbol, Hold>());
  useEffect(() => {
    const element = dialog.current;
    if (open && !element?.open) {
      element?.showModal();
      const body = element?.querySelector("[data-dialog-body]");
      (body?.querySelector<HTMLElement>(firstField) ?? undefined)?.focus();
    }
    if (!open && element?.open) element.close();
  }, [open, closed]);
  return (
    <dialog
      ref={dialog}
      aria-label={label}
      aria-labelledby={labelledBy}
      aria-describedby={describedBy}
      onClose={() => {
        if (!open) return;
        setClosed((times) => times + 1);
        if (!isHeld(holds)) onClose();
      }}
      onCancel={(event) => {
        if (isHeld(holds)) event.preventDefault();
      }}
      onPointerDown={(event) => {
        // Only the backdrop is the dialog itself; what lies in it is a child.
        if (event.target === dialog.current && holds.size === 0) onClose();
      }}
      class={look}
    >
      {open && (
        <OverlayTarget.Provider value={overlay}>
          <DialogHolds.Provider value={holds}>{children}</DialogHolds.Provider>
          <div ref={setOverlay} />
        </OverlayTarget.Provider>
      )}
    </dialog>
  );
}

interface DialogProps {
  open: boolean;
  onClose: () => void;
  title: string;
  description?: ComponentChildren;
  /** The buttons, the one that acts last; it says what it does: "Allocate 2,500 credits". */
  foot?: ComponentChildren;
  children?: ComponentChildren;
  /** Sends the form: the fields and the foot are in one <form>. */
  onSubmit?: () => void;
  wide?: boolean;
}

/** 440 px wide and in the middle; on a phone a sheet from below. */
export function Dialog({ wide = false, ...props }: DialogProps) {
  return (
    <Frame
      {...props}
      look={`dialog-in m-auto max-h-[92dvh] w-full max-w-none overflow-hidden rounded-card border border-line bg-raised text-ink shadow-popup max-sm:mb-0 max-sm:rounded-b-none ${wide ? "sm:w-[640px]" : "sm:w-[440px]"}`}
      height="max-h-[92dvh] sm:max-h-[84dvh]"
    />
  );
}

/** A panel from the right, for what is read beside the list that it came from. */
export function Drawer(props: DialogProps) {
  return (
    <Frame
      {...props}
      look="drawer-right m-0 ml-auto h-dvh max-h-none w-full max-w-[560px] border-l border-line bg-raised text-ink shadow-popup"
      height="h-full"
    />
  );
}

function Frame({
  open,
  onClose,
  title,
  description,
  foot,
  children,
  onSubmit,
  look,
  height,
}: Omit<DialogProps, "wide"> & { look: string; height: string }) {
  const id = useId();
  const inside = (
    <>
      <header class="flex items-start gap-3 px-5 pt-4">
        <div class="min-w-0 flex-1">
          <h2 id={`${id}-title`} class="text-15 font-semibold break-words">
            {title}
          </h2>
          {description && (
            <div id={`${id}-text`} class="mt-1 text-muted">
              {description}
            </div>
          )}
        </div>
        <div class="-mt-1 -mr-2">
          <CloseButton onClose={onClose} />
        </div>
      </header>
      <div data-dialog-body class="relative min-h-0 flex-1 overflow-y-auto px-5 py-4">
        {children}
      </div>
      {foot && (
        <footer class="flex flex-wrap justify-end gap-2 border-t border-line px-5 py-3">
          {foot}
        </footer>
      )}
    </>
  );
  const layout = `flex flex-col ${height}`;
  return (
    <Modal
      open={open}
      onClose={onClose}
      labelledBy={`${id}-title`}
      describedBy={description ? `${id}-text` : undefined}
      class={look}
    >
      {onSubmit ? (
        <form
          noValidate
          class={layout}
          onSubmit={(event) => {
            event.preventDefault();
            onSubmit();
          }}
        >
          {inside}
        </form>
      ) : (
        <div class={layout}>{inside}</div>
      )}
    </Modal>
  );
}

function CloseButton({ onClose }: { onClose: () => void }) {
  const holds = useContext(DialogHolds);
  return (
    <IconButton label={kit.close} onClick={() => !isHeld(holds) && onClose()}>
      <CloseIcon />
    </IconButton>
  );
}

/** The last line of a form in a dialog: its buttons below a rule, the one that acts last. */
export function DialogActions({ children }: { children: ComponentChildren }) {
  return (
    <div class="-mx-5 mt-1 -mb-4 flex flex-wrap justify-end gap-2 border-t border-line px-5 py-3">
      {children}
    </div>
  );
}

/** The palette's frame: a dialog without head and foot. */
export function BareDialog({
  open,
  onClose,
  label,
  children,
}: {
  open: boolean;
  onClose: () => void;
  label: string;
  children: ComponentChildren;
}) {
  return (
    <Modal
      open={open}
      onClose={onClose}
      label={label}
      class="dialog-in mx-auto mt-[14dvh] mb-auto w-[calc(100vw-2rem)] max-w-[560px] overflow-hidden rounded-card border border-line bg-raised p-0 text-ink shadow-popup"
    >
      <div data-dialog-body>{children}</div>
    </Modal>
  );
}
