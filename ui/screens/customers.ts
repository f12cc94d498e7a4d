import { BuildingIcon, JobsIcon, PeopleIcon } from "../base/icons.tsx";
import { anyone } from "../session/permission.ts";
import { page, type ScreenGroup } from "./screen.ts";
import { shell } from "../strings/shell.ts";

export const customers: ScreenGroup = {
  name: shell.customers,
  screens: [
    {
      href: "/organizations",
      name: shell.organizations,
      Icon: BuildingIcon,
      may: anyone,
      pages: {
        "/organizations": page(() =>
          import("../organizations/pageOrganizations.tsx").then((m) => m.PageOrganizations),
        ),
        "/organizations/:organizationId": page(() =>
          import("../organizations/pageOrganization.tsx").then((m) => m.PageOrganization),
        ),
      },
    },
    {
      href: "/teams",
      name: shell.teams,
      Icon: PeopleIcon,
      may: anyone,
      pages: {
        "/teams": page(() => import("../teams/pageTeams.tsx").then((m) => m.PageTeams)),
        "/teams/:teamId": page(() => import("../teams/pageTeam.tsx").then((m) => m.PageTeam)),
      },
    },
    {
      href: "/jobs",
      name: shell.jobs,
      Icon: JobsIcon,
      may: anyone,
      pages: {
        "/jobs": page(() => import("../jobs/pageJobs.tsx").then((m) => m.PageJobs)),
        "/jobs/:jobId": page(() => import("../jobs/pageJob.tsx").then((m) => m.PageJob)),
      },
    },
  ],
};
