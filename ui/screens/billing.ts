import {
  BellIcon,
  BudgetIcon,
  ChartIcon,
  PlanIcon,
  RefreshIcon,
  TicketIcon,
} from "../base/icons.tsx";
import { anyone } from "../session/permission.ts";
import { page, type ScreenGroup } from "./screen.ts";
import { shell } from "../strings/shell.ts";

export const billing: ScreenGroup = {
  name: shell.billing,
  screens: [
    {
      href: "/analytics",
      name: shell.analytics,
      Icon: ChartIcon,
      may: anyone,
      pages: {
        "/analytics": page(() =>
          import("../analytics/pageAnalytics.tsx").then((m) => m.PageAnalytics),
        ),
        "/analytics/statements/:teamId/:month": page(() =>
          import("../analytics/pageStatement.tsx").then((m) => m.PageStatement),
        ),
      },
    },
    {
      href: "/plans",
      name: shell.pricingPlans,
      Icon: PlanIcon,
      may: anyone,
      pages: {
        "/plans": page(() => import("../plans/pagePlans.tsx").then((m) => m.PagePlans)),
        // No plan's id has an underscore.
        "/plans/_new": page(() => import("../plans/pagePlanEditor.tsx").then((m) => m.PageNewPlan)),
        "/plans/:planId": page(() => import("../plans/pagePlan.tsx").then((m) => m.PagePlan)),
        "/plans/:planId/edit": page(() =>
          import("../plans/pagePlanEditor.tsx").then((m) => m.PageEditPlan),
        ),
      },
    },
    {
      href: "/what-if",
      name: "What-if",
      Icon: RefreshIcon,
      may: anyone,
      pages: {
        "/what-if": page(() => import("../plans/pageWhatIf.tsx").then((m) => m.PageWhatIf)),
      },
    },
    {
      href: "/budgets",
      name: shell.budgets,
      Icon: BudgetIcon,
      may: anyone,
      pages: {
        "/budgets": page(() => import("../budgets/pageBudgets.tsx").then((m) => m.PageBudgets)),
      },
    },
    {
      href: "/top-ups",
      name: "Top-up codes",
      Icon: TicketIcon,
      may: anyone,
      pages: {
        "/top-ups": page(() => import("../topUps/pageTopUps.tsx").then((m) => m.PageTopUps)),
        "/top-ups/:batchId": page(() =>
          import("../topUps/pageTopUpBatch.tsx").then((m) => m.PageTopUpBatch),
        ),
      },
    },
    {
      href: "/notices",
      name: shell.notices,
      Icon: BellIcon,
      may: anyone,
      pages: {
        "/notices": page(() => import("../notices/pageNotices.tsx").then((m) => m.PageNotices)),
      },
    },
  ],
};
