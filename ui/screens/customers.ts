import { JobsIcon } from "../base/icons.tsx";
import { anyone } from "../session/permission.ts";
import { page, type ScreenGroup } from "./screen.ts";

export const customers: ScreenGroup = {
  name: "Customers",
  screens: [
    {
      href: "/jobs",
      name: "Jobs",
      Icon: JobsIcon,
      may: anyone,
      pages: {
        "/jobs": page(() => import("../jobs/pageJobs.tsx").then((m) => m.PageJobs)),
        "/jobs/:jobId": page(() => import("../jobs/pageJob.tsx").then((m) => m.PageJob)),
      },
    },
  ],
};
