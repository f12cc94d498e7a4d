import { ServerIcon } from "../base/icons.tsx";
import { anyone } from "../session/permission.ts";
import { page, type ScreenGroup } from "./screen.ts";

export const platform: ScreenGroup = {
  name: "Platform",
  screens: [
    {
      href: "/gateway",
      name: "Gateway",
      Icon: ServerIcon,
      may: anyone,
      pages: {
        "/gateway": page(() => import("../gateway/pageGateway.tsx").then((m) => m.PageGateway)),
      },
    },
  ],
};
