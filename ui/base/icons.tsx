import type { ComponentChildren } from "preact";

/** One family: a grid of 16, strokes of 1.5, so that lines stay crisp beside 13 px text. */
function icon(drawing: ComponentChildren) {
  return function Icon({ class: extra = "" }: { class?: string }) {
    return (
      <svg
        class={`size-4 shrink-0 ${extra}`}
        viewBox="0 0 16 16"
        fill="none"
        stroke="currentColor"
        stroke-width="1.5"
        stroke-linecap="round"
        stroke-linejoin="round"
        aria-hidden="true"
      >
        {drawing}
      </svg>
    );
  };
}

export const OverviewIcon = icon(<path d="M2.75 9.250 8 3l5.250 6.250M4.250 8v5h7.500V8" />);
export const JobsIcon = icon(<path d="M2.750 4h6M5.250 8h8M4 12h5.500" />);
export const MenuIcon = icon(<path d="M2.500 5h11M2.500 11h11" />);
export const CloseIcon = icon(<path d="m4 4 8 8m0-8-8 8" />);
export const CheckIcon = icon(<path d="m3.250 8.500 3.250 3.250 6.250-7.250" />);
export const CopyIcon = icon(
  <>
    <rect x="5.750" y="5.750" width="7.500" height="7.500" rx="1.500" />
    <path d="M10.250 5.750v-1.500a1.500 1.500 0 0 0-1.500-1.500h-4.500a1.500 1.500 0 0 0-1.500 1.500v4.500a1.500 1.500 0 0 0 1.500 1.500h1.500" />
  </>,
);
export const WarningIcon = icon(<path d="M8 2.500 14 13H2L8 2.500Zm0 4v3M8 11.250v.010" />);
export const NextIcon = icon(<path d="m6.250 4 4 4-4 4" />);
export const PreviousIcon = icon(<path d="m9.750 4-4 4 4 4" />);
export const OutsideIcon = icon(
  <path d="M6.500 3.500H4A1.500 1.500 0 0 0 2.500 5v7A1.500 1.500 0 0 0 4 13.500h7a1.500 1.500 0 0 0 1.500-1.500V9.500M9.500 2.500h4v4M13.250 2.750 7.500 8.500" />,
);
export const SignOutIcon = icon(
  <path d="M6.500 2.750H4.250a1.500 1.500 0 0 0-1.500 1.500v7.500a1.500 1.500 0 0 0 1.500 1.500H6.500M10 5l3 3-3 3M13 8H6" />,
);
export const LinkIcon = icon(
  <path d="m6.750 9.250 2.500-2.500M7.500 4.750l1-1a2.650 2.650 0 0 1 3.750 3.750l-1 1M8.500 11.250l-1 1A2.650 2.650 0 0 1 3.750 8.500l1-1" />,
);
export const SunIcon = icon(
  <>
    <circle cx="8" cy="8" r="2.750" />
    <path d="M8 1.750v1M8 13.250v1M1.750 8h1M13.250 8h1M3.600 3.600l.7.7M11.700 11.700l.7.7M12.400 3.600l-.7.7M4.300 11.700l-.7.7" />
  </>,
);
export const MoonIcon = icon(
  <path d="M13 9.750A5.500 5.500 0 1 1 6.250 3a4.500 4.500 0 0 0 6.750 6.750Z" />,
);
export const SystemIcon = icon(
  <>
    <rect x="2" y="3" width="12" height="8" rx="1.500" />
    <path d="M6 13.500h4" />
  </>,
);
