import { LiveIcon, OverviewIcon } from "../base/icons.tsx";
import { anyone } from "../session/permission.ts";
import { page, type ScreenGroup } from "./screen.ts";
import { shell } from "../strings/shell.ts";

export const overview: ScreenGroup = {
  screens: [
    {
      href: "/",
      name: shell.overview,
      Icon: OverviewIcon,
      may: anyone,
      pages: {
        "/": page(() => import("../overview/pageOverview.tsx").then((m) => m.PageOverview)),
      },
    },
    {
      href: "/live",
      name: shell.liveCalls,
      Icon: LiveIcon,
      may: anyone,
      pages: {
        "/live": page(() => import("../live/pageLive.tsx").then((m) => m.PageLive)),
      },
    },
  ],
};
