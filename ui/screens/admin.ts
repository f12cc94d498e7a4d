import { AuditIcon, PeopleIcon, SettingsIcon, ShieldIcon, TokenIcon } from "../base/icons.tsx";
import { admins, anyone } from "../session/permission.ts";
import { page, type ScreenGroup } from "./screen.ts";
import { shell } from "../strings/shell.ts";

export const admin: ScreenGroup = {
  name: shell.admin,
  screens: [
    {
      href: "/settings",
      name: shell.settings,
      Icon: SettingsIcon,
      may: anyone,
      pages: {
        "/settings": page(() => import("../settings/pageSettings.tsx").then((m) => m.PageSettings)),
      },
    },
    {
      href: "/people",
      name: shell.people,
      Icon: PeopleIcon,
      may: anyone,
      pages: {
        "/people": page(() => import("../account/pagePeople.tsx").then((m) => m.PagePeople)),
      },
    },
    {
      href: "/tokens",
      name: shell.apiTokens,
      Icon: TokenIcon,
      may: admins,
      pages: {
        "/tokens": page(() => import("../account/pageTokens.tsx").then((m) => m.PageTokens)),
      },
    },
    {
      href: "/audit",
      name: shell.auditLog,
      Icon: AuditIcon,
      may: admins,
      pages: { "/audit": page(() => import("../account/pageAudit.tsx").then((m) => m.PageAudit)) },
    },
    {
      href: "/account",
      name: shell.yourAccount,
      Icon: ShieldIcon,
      may: anyone,
      inFoot: true,
      pages: {
        "/account": page(() => import("../account/pageAccount.tsx").then((m) => m.PageAccount)),
      },
    },
  ],
};
