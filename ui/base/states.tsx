import type { ComponentChildren } from "preact";
import type { ApiError } from "../api.ts";
import { Flag } from "./badge.tsx";
import { Button } from "./button.tsx";
import { WarningIcon } from "./icons.tsx";
import { kit } from "../strings/kit.ts";

/** A grey bar of the size that the value will have. */
export function Skeleton({ class: size }: { class: string }) {
  return (
    <span
      aria-hidden="true"
      class={`block animate-pulse rounded bg-skeleton motion-reduce:animate-none ${size}`}
    />
  );
}

function Message({
  icon,
  title,
  children,
}: {
  icon: ComponentChildren;
  title: string;
  children: ComponentChildren;
}) {
  return (
    <div class="flex flex-col items-center px-6 py-12 text-center">
      {icon}
      <h2 class="mt-3 text-14 font-semibold">{title}</h2>
      {children}
    </div>
  );
}

/** Nothing to show: why, and what to do about it. */
export function Empty({
  icon,
  title,
  text,
  children,
}: {
  icon: ComponentChildren;
  title: string;
  text: string;
  children?: ComponentChildren;
}) {
  return (
    <Message
      title={title}
      icon={
        <span class="grid size-10 place-items-center rounded-popup border border-line bg-rail text-muted">
          {icon}
        </span>
      }
    >
      <p class="mt-1 max-w-96 text-muted">{text}</p>
      {children && <div class="mt-4">{children}</div>}
    </Message>
  );
}

/** A part that could not be read. It stands in the panel that failed; the rest of the page goes on. */
export function Failure({
  title,
  error,
  onRetry,
  retrying = false,
}: {
  title: string;
  error: ApiError;
  onRetry: () => void;
  /** Whether the page tries again by itself, which it then says. */
  retrying?: boolean;
}) {
  return (
    <div role="alert">
      <Message
        title={title}
        icon={
          <span class="grid size-10 place-items-center rounded-popup bg-bad-soft text-bad">
            <WarningIcon />
          </span>
        }
      >
        <p class="mt-1 max-w-96 text-muted">
          {error.message}
          {retrying && " This page tries again every few seconds."}
        </p>
        <p class="mt-1 font-mono text-12 break-all text-muted">
          {error.code}
          {error.requestId && ` · ${error.requestId}`}
        </p>
        <div class="mt-4">
          <Button onClick={onRetry}>{kit.tryAgain}</Button>
        </div>
      </Message>
    </div>
  );
}

/** Stands beside rows that are still shown though their refresh failed. */
export function NotCurrent({ error }: { error: ApiError }) {
  return (
    <span role="status">
      <Flag tone="bad" title={`${error.message} (${error.code})`}>
        {kit.notCurrent}
      </Flag>
    </span>
  );
}
