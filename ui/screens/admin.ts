import { SettingsIcon } from "../base/icons.tsx";
import { anyone } from "../session/permission.ts";
import { page, type ScreenGroup } from "./screen.ts";

export const admin: ScreenGroup = {
  name: "Admin",
  screens: [
    {
      href: "/settings",
      name: "Settings",
      Icon: SettingsIcon,
      may: anyone,
      pages: {
        "/settings": page(() => import("../settings/pageSettings.tsx").then((m) => m.PageSettings)),
      },
    },
  ],
};
