import type { ComponentChildren } from "preact";
import { Brand } from "./brand.tsx";

/** The frame of pages outside the shell: the mark above one card. */
export function Centered({
  busy = false,
  children,
}: {
  busy?: boolean;
  children: ComponentChildren;
}) {
  return (
    <main class="grid min-h-dvh place-items-center bg-canvas p-4">
      <div class="w-full max-w-[440px] pb-16">
        <div class="mb-5 flex justify-center">
          <Brand />
        </div>
        {busy ? (
          <p role="status" class="text-center text-muted">
            {children}
          </p>
        ) : (
          <div class="rounded-card border border-line bg-surface shadow-card">{children}</div>
        )}
      </div>
    </main>
  );
}
