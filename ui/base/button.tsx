import type { ButtonHTMLAttributes } from "preact";

const looks = {
  plain: "border border-line bg-surface text-ink shadow-card hover:border-edge hover:bg-hover",
  primary: "bg-solid text-on-solid shadow-card hover:bg-solid-hover",
  ghost: "text-ink-2 hover:bg-press hover:text-ink",
  danger: "bg-bad-solid text-on-bad-solid shadow-card hover:opacity-90",
};

/** The look of a button, also for links that act like one. At most one `primary` a view. */
export function buttonClass(
  look: keyof typeof looks = "plain",
  size: "small" | "normal" = "normal",
): string {
  const measures = size === "small" ? "h-7 px-2.5 text-12" : "h-8 px-3 text-13";
  return `focus-ring inline-flex items-center justify-center gap-1.5 rounded-control font-medium whitespace-nowrap disabled:opacity-50 ${measures} ${looks[look]}`;
}

export function Button({
  look = "plain",
  size = "normal",
  ...rest
}: Omit<ButtonHTMLAttributes<HTMLButtonElement>, "size" | "class"> & {
  look?: keyof typeof looks;
  size?: "small" | "normal";
}) {
  return <button type="button" {...rest} class={buttonClass(look, size)} />;
}

/** A square button whose only content is an icon; `label` is its name for assistive technology and the tooltip. */
export function IconButton({
  label,
  small = false,
  ...rest
}: Omit<ButtonHTMLAttributes<HTMLButtonElement>, "label" | "class"> & {
  label: string;
  small?: boolean;
}) {
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      {...rest}
      class={`focus-ring inline-grid shrink-0 place-items-center rounded-control text-muted hover:bg-press hover:text-ink ${small ? "size-6" : "size-8"}`}
    />
  );
}
