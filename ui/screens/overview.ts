import { OverviewIcon } from "../base/icons.tsx";
import { anyone } from "../session/permission.ts";
import { page, type ScreenGroup } from "./screen.ts";

export const overview: ScreenGroup = {
  screens: [
    {
      href: "/",
      name: "Overview",
      Icon: OverviewIcon,
      may: anyone,
      pages: {
        "/": page(() => import("../overview/pageOverview.tsx").then((m) => m.PageOverview)),
      },
    },
  ],
};
