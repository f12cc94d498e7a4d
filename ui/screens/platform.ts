import { CubeIcon, GroupsIcon, KeyIcon, PlayIcon, ServerIcon } from "../base/icons.tsx";
import { anyone, support } from "../session/permission.ts";
import { page, type ScreenGroup } from "./screen.ts";
import { shell } from "../strings/shell.ts";

export const platform: ScreenGroup = {
  name: shell.platform,
  screens: [
    {
      href: "/models",
      name: shell.models,
      Icon: CubeIcon,
      may: anyone,
      pages: {
        "/models": page(() => import("../models/pageModels.tsx").then((m) => m.PageModels)),
        "/models/:alias": page(() => import("../models/pageModel.tsx").then((m) => m.PageModel)),
      },
    },
    {
      href: "/credentials",
      name: shell.credentials,
      Icon: KeyIcon,
      may: anyone,
      pages: {
        "/credentials": page(() =>
          import("../credentials/pageCredentials.tsx").then((m) => m.PageCredentials),
        ),
      },
    },
    {
      href: "/groups",
      name: shell.accessGroups,
      Icon: GroupsIcon,
      may: anyone,
      pages: {
        "/groups": page(() => import("../groups/pageGroups.tsx").then((m) => m.PageGroups)),
      },
    },
    {
      href: "/gateway",
      name: shell.gateway,
      Icon: ServerIcon,
      may: anyone,
      pages: {
        "/gateway": page(() => import("../gateway/pageGateway.tsx").then((m) => m.PageGateway)),
      },
    },
    {
      href: "/playground",
      name: shell.playground,
      Icon: PlayIcon,
      may: support,
      pages: {
        "/playground": page(() =>
          import("../playground/pagePlayground.tsx").then((m) => m.PagePlayground),
        ),
      },
    },
  ],
};
