import { AuditIcon, PeopleIcon, SettingsIcon, ShieldIcon, TokenIcon } from "../base/icons.tsx";
import { admins, anyone } from "../session/permission.ts";
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
    {
      href: "/people",
      name: "People",
      Icon: PeopleIcon,
      may: anyone,
      pages: {
        "/people": page(() => import("../account/pagePeople.tsx").then((m) => m.PagePeople)),
      },
    },
    {
      href: "/tokens",
      name: "API tokens",
      Icon: TokenIcon,
      may: admins,
      pages: {
        "/tokens": page(() => import("../account/pageTokens.tsx").then((m) => m.PageTokens)),
      },
    },
    {
      href: "/audit",
      name: "Audit log",
      Icon: AuditIcon,
      may: admins,
      pages: { "/audit": page(() => import("../account/pageAudit.tsx").then((m) => m.PageAudit)) },
    },
    {
      href: "/account",
      name: "Your account",
      Icon: ShieldIcon,
      may: anyone,
      inFoot: true,
      pages: {
        "/account": page(() => import("../account/pageAccount.tsx").then((m) => m.PageAccount)),
      },
    },
  ],
};
