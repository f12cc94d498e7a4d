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
export const SearchIcon = icon(
  <>
    <circle cx="7" cy="7" r="4.250" />
    <path d="m10.250 10.250 3.250 3.250" />
  </>,
);
export const DownIcon = icon(<path d="m4 6.250 4 4 4-4" />);
export const UpIcon = icon(<path d="m4 9.750 4-4 4 4" />);
export const MoreIcon = icon(
  <g fill="currentColor" stroke="none">
    <circle cx="3.500" cy="8" r="1.200" />
    <circle cx="8" cy="8" r="1.200" />
    <circle cx="12.500" cy="8" r="1.200" />
  </g>,
);
export const PlusIcon = icon(<path d="M8 3v10M3 8h10" />);
export const ColumnsIcon = icon(
  <path d="M2.750 3.250h10.500v9.500H2.750zM6.250 3.250v9.500M9.750 3.250v9.500" />,
);
export const LiveIcon = icon(
  <>
    <circle cx="8" cy="8" r="1.250" />
    <path d="M5.250 10.750a3.900 3.900 0 0 1 0-5.500M10.750 5.250a3.900 3.900 0 0 1 0 5.500M3.250 12.750a6.700 6.700 0 0 1 0-9.500M12.750 3.250a6.700 6.700 0 0 1 0 9.500" />
  </>,
);
export const ChartIcon = icon(
  <path d="M2.750 2.750v10.500h10.500M5.750 10.750V8.500M8.500 10.750v-5M11.250 10.750V7" />,
);
export const TableIcon = icon(
  <path d="M2.750 3.250h10.500v9.500H2.750zM2.750 6.500h10.500M6.500 6.500v6.250" />,
);
export const BuildingIcon = icon(
  <path d="M3.250 13.250v-10h6v10M9.250 6.750h3.500v6.500M1.750 13.250h12.500M5.500 6h1.500M5.500 8.500h1.500M5.500 11h1.500" />,
);
export const PeopleIcon = icon(
  <>
    <circle cx="6" cy="5.250" r="2.250" />
    <path d="M2 13v-.500a4 4 0 0 1 8 0v.500M10.500 3.250a2.250 2.250 0 0 1 0 4M11.750 9.250A4 4 0 0 1 14 12.500v.500" />
  </>,
);
export const PlanIcon = icon(
  <path d="M8.500 2.750h4.750V7.500L7.500 13.250 2.750 8.500 8.500 2.750ZM10.750 5.250h.010" />,
);
export const BudgetIcon = icon(
  <>
    <circle cx="8" cy="8" r="5.250" />
    <path d="M8 8V2.750M8 8l3.750 3.750" />
  </>,
);
export const BellIcon = icon(
  <path d="M4.250 11V7a3.750 3.750 0 0 1 7.500 0v4l1 1.250H3.250L4.250 11ZM6.750 13.750h2.500" />,
);
export const CubeIcon = icon(
  <path d="m8 2 5.250 3v6L8 14l-5.250-3V5L8 2Zm0 6 5.250-3M8 8v6M8 8 2.750 5" />,
);
export const KeyIcon = icon(
  <>
    <circle cx="5.500" cy="10.500" r="2.750" />
    <path d="m7.500 8.500 5.250-5.250M10.500 5.500l1.750 1.750" />
  </>,
);
export const GroupsIcon = icon(
  <path d="M2.750 2.750h4v4h-4zM9.250 2.750h4v4h-4zM2.750 9.250h4v4h-4zM9.250 9.250h4v4h-4z" />,
);
export const ServerIcon = icon(
  <path d="M2.750 2.750h10.500v4H2.750zM2.750 9.250h10.500v4H2.750zM5 4.750h.010M5 11.250h.010" />,
);
export const PlayIcon = icon(<path d="m4.750 3 8 5-8 5V3Z" />);
export const PauseIcon = icon(<path d="M5.500 3.250v9.500M10.500 3.250v9.500" />);
export const ShieldIcon = icon(
  <path d="m8 2 5 1.750v4c0 3-2 5.250-5 6.250-3-1-5-3.250-5-6.250v-4L8 2Z" />,
);
export const AuditIcon = icon(
  <path d="M4 2.250h5.500l3 3v8.500H4zM9.250 2.250V5.500h3M6.250 8.500h4M6.250 11h4" />,
);
export const SettingsIcon = icon(
  <path d="M2.500 4.750h6M11.500 4.750h2M2.500 11.250h2M7.500 11.250h6M10 3v3.500M6 9.500V13" />,
);
export const RefreshIcon = icon(
  <path d="M13.250 8a5.250 5.250 0 1 1-1.600-3.750M13.250 2.500v2.750H10.500" />,
);
export const TokenIcon = icon(
  <path d="m5.500 4.250-3 3.750 3 3.750M10.500 4.250l3 3.750-3 3.750" />,
);
export const TicketIcon = icon(
  <path d="M2 5.250a1 1 0 0 1 1-1h10a1 1 0 0 1 1 1v1.250a1.500 1.500 0 0 0 0 3v1.250a1 1 0 0 1-1 1H3a1 1 0 0 1-1-1V9.500a1.500 1.500 0 0 0 0-3V5.250ZM9.750 6.250v3.500" />,
);
