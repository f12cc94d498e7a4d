import * as customers from "./customer-answers.ts";
import { button, chosen, dialog, type DialogPage, list, menu } from "./dialog-states.ts";
import * as platform from "./platform-answers.ts";
import { ok } from "./states.ts";

const team = `/teams/${customers.team.team_id}`;
const ofTeam = `Actions for ${customers.team.name}`;
const inTeam = (item: string, title: string) => chosen(ofTeam, item, title);
const organization = `/organizations/${customers.organization.organization_id}`;
const ofOrganization = "Actions for Aperture Freight";
const allRows = ["checkbox", "Select all rows of this page"] as const;
const choices = {
  "GET /api/credentials?limit=200": ok(platform.page(platform.credentials)),
  "GET /api/groups?limit=200": ok(platform.page(platform.groups)),
};

/** The dialogs and menus of organizations and teams. */
export const customerDialogs: readonly DialogPage[] = [
  {
    path: team,
    dialogs: {
      "ui/teams/pageTeam.tsx": [menu(ofTeam)],
      "ui/teams/wallet/creditDialog.tsx": [
        dialog("Allocate credits", button("Allocate credits")),
        inTeam("Deduct credits…", "Deduct credits"),
        inTeam("Adjust the balance…", "Adjust the balance"),
        inTeam("Refund a job…", "Refund a job"),
        inTeam("Transfer credits…", "Transfer credits"),
      ],
      "ui/teams/wallet/walletSettings.tsx": [dialog("Credit limit and alert", button("Edit"))],
      "ui/tenants/recordDialogs.tsx": [
        inTeam("Rename…", "Rename Internal tools US"),
        inTeam("Metadata…", "Metadata"),
      ],
      "ui/tenants/stateDialogs.tsx": [
        inTeam("Pause…", "Pause Internal tools US?"),
        inTeam("Delete…", "Delete Internal tools US?"),
      ],
      "ui/teams/keys/keyPanel.tsx": [
        menu("Actions: Production"),
        chosen("Actions: Production", "Revoke…", "Revoke Production?"),
      ],
      "ui/teams/keys/keyDialogs.tsx": [
        dialog("Create a key", button("Create key")),
        chosen("Actions: Production", "Change…", "Change Production"),
        chosen("Actions: Production", "Rotate…", "Rotate Production"),
      ],
    },
  },
  {
    path: `${team}?tab=wallet`,
    dialogs: {
      "ui/teams/wallet/refills.tsx": [
        dialog("Refill Internal tools US by itself", button("New refill")),
        dialog("Stop the refill?", button("Stop…")),
      ],
    },
  },
  {
    path: `${team}?tab=access`,
    given: choices,
    dialogs: {
      "ui/teams/access.tsx": [
        dialog("Change access", button("Change access")),
        dialog("Change limits", button("Change limits")),
      ],
    },
  },
  {
    path: `${team}?tab=plan`,
    dialogs: {
      "ui/tenants/plan.tsx": [
        dialog("Assign a plan to Internal tools US", button("Assign a plan")),
      ],
    },
  },
  {
    path: `${team}?tab=budgets`,
    dialogs: {
      "ui/budgets/budgetsOf.tsx": [menu("Actions: Month, Hard")],
      "ui/budgets/budgetForms.tsx": [
        dialog("New budget", button("New budget")),
        chosen("Actions: Month, Hard", "Change…", "Change the budget"),
      ],
      "ui/budgets/budgetDialogs.tsx": [
        chosen("Actions: Month, Hard", "Delete…", "Delete the budget?"),
      ],
    },
  },
  {
    path: `${team}?tab=usage`,
    dialogs: {
      "ui/base/periodPicker.tsx": [
        menu("Last 30 days"),
        dialog("Other days…", button("Last 30 days"), ["menuitem", "Other days…"]),
      ],
    },
  },
  {
    path: `${team}?tab=activity`,
    dialogs: {
      "ui/tenants/activity.tsx": [
        dialog("What changed: credits.allocate", button("credits.allocate")),
      ],
    },
  },
  {
    path: organization,
    dialogs: {
      "ui/organizations/pageOrganization.tsx": [menu(ofOrganization)],
      "ui/tenants/stateDialogs.tsx": [
        chosen(ofOrganization, "Suspend…", "Suspend Aperture Freight?"),
      ],
    },
  },
  {
    path: "/organizations",
    dialogs: {
      "ui/organizations/createOrganization.tsx": [
        dialog("New organization", button("New organization")),
      ],
      "ui/organizations/bulkDialog.tsx": [
        dialog("Suspend 6 organizations?", allRows, button("Suspend…")),
      ],
    },
  },
  {
    path: "/teams",
    dialogs: {
      "ui/base/dataTable.tsx": [menu("Actions: Localization US")],
      "ui/base/select.tsx": [list("Status")],
      "ui/teams/createTeam.tsx": [dialog("New team", button("New team"))],
      "ui/base/columnChooser.tsx": [dialog("Choose columns", button("Columns"))],
      "ui/teams/bulkDialog.tsx": [
        dialog("Allocate credits to 10 teams", allRows, button("Allocate…")),
      ],
    },
  },
];
