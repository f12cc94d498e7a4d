import * as answers from "./answers.ts";
import { customerDialogs } from "./customer-dialogs.ts";
import { button, chosen, dialog, type DialogPage, list, menu } from "./dialog-states.ts";
import * as money from "./money-answers.ts";
import * as platform from "./platform-answers.ts";
import { jobPath, noSession, ok } from "./states.ts";
import * as work from "./work-answers.ts";

const ofGrace = "Actions: <b>Grace</b> with a name that is rather long for a row";
const grace = "<b>Grace</b> with a name that is rather long for a row";
const choices = {
  "GET /api/credentials?limit=200": ok(platform.page(platform.credentials)),
  "GET /api/groups?limit=200": ok(platform.page(platform.groups)),
  "GET /api/teams?limit=8&group=premium": ok(platform.page([])),
};

/** Every dialog and menu of the UI; a test holds that none is missing. */
export const dialogPages: readonly DialogPage[] = [
  ...customerDialogs,
  {
    path: jobPath,
    dialogs: {
      "ui/jobs/jobActions.tsx": [dialog("Cancel this job?", button("Cancel the job"))],
    },
  },
  {
    path: `/jobs/${work.chargedJob.job_id}`,
    dialogs: { "ui/jobs/jobActions.tsx": [dialog("Refund this job", button("Refund"))] },
  },
  {
    path: "/jobs",
    dialogs: { "ui/jobs/jobFilters.tsx": [dialog("Filters", button("Filters"))] },
  },
  {
    path: `${jobPath}?call=${work.callDetail.call_id}`,
    dialogs: { "ui/jobs/callDrawer.tsx": [dialog("Call")] },
  },
  {
    path: "/live",
    dialogs: {
      // There are none, which is said beside the list.
      "ui/base/combobox.tsx": [list("Team")],
      "ui/live/liveTable.tsx": [menu("Actions: chat-smart, Routing")],
      "ui/live/pageLive.tsx": [
        chosen("Actions: chat-smart, Routing", "Cancel the call…", "Cancel this call?"),
      ],
    },
  },
  {
    path: "/models",
    given: { ...choices, "GET /api/models": ok(platform.page(platform.models)) },
    dialogs: {
      "ui/models/addModel.tsx": [dialog("Add model", button("Add model"))],
      "ui/models/pageModels.tsx": [chosen("Actions: chat-fast", "Delete", "Delete chat-fast?")],
    },
  },
  {
    path: "/models/chat-fast",
    given: { ...choices, "GET /api/models/chat-fast": ok(platform.models[0]) },
    dialogs: {
      "ui/models/pageModel.tsx": [
        menu("Actions for chat-fast"),
        chosen("Actions for chat-fast", "Delete", "Delete chat-fast?"),
      ],
    },
  },
  {
    path: "/credentials",
    given: { "GET /api/credentials": ok(platform.page(platform.credentials)) },
    dialogs: {
      "ui/credentials/credentialForm.tsx": [dialog("Add credential", button("Add credential"))],
      "ui/credentials/credentialTest.tsx": [
        chosen("Actions: Own cluster", "Test", "Test of Own cluster"),
      ],
      "ui/credentials/replaceKey.tsx": [
        chosen("Actions: Own cluster", "Replace key", "Replace the key of Own cluster"),
      ],
      "ui/credentials/credentialTable.tsx": [
        chosen("Actions: Own cluster", "Delete", "Delete Own cluster?"),
      ],
    },
  },
  {
    path: "/groups",
    given: { ...choices, "GET /api/models?limit=200": ok(platform.page(platform.models)) },
    dialogs: {
      "ui/groups/matrix.tsx": [menu("Actions for Premium")],
      "ui/groups/groupForm.tsx": [dialog("Create group", button("Create group"))],
      "ui/groups/pageGroups.tsx": [
        chosen("Actions for Premium", "Delete", "Delete Premium?"),
        dialog("Teams of Premium", button("1 team")),
      ],
    },
  },
  {
    path: "/gateway",
    dialogs: { "ui/gateway/pageGateway.tsx": [dialog("Restart the gateway?", button("Restart…"))] },
  },
  {
    path: "/plans/standard",
    dialogs: {
      "ui/plans/pagePlan.tsx": [
        menu("Actions: Standard"),
        chosen("Actions: Standard", "Rename", "Rename the plan"),
        chosen("Actions: Standard", "Archive", "Archive this plan?"),
      ],
      "ui/plans/assignDialog.tsx": [dialog("Assign Standard", button("Assign"))],
    },
  },
  {
    path: "/what-if?plan=standard",
    dialogs: {
      "ui/plans/pageWhatIf.tsx": [
        dialog("Assign from a date", button("Charge the past anew"), button("Assign from a date")),
      ],
    },
  },
  {
    path: "/top-ups",
    dialogs: { "ui/topUps/createBatch.tsx": [dialog("New batch of codes", button("New batch"))] },
  },
  {
    path: `/top-ups/${money.batchDetail.batch_id}`,
    dialogs: {
      "ui/topUps/pageTopUpBatch.tsx": [dialog("Revoke the code …7K2M?", button("Revoke…"))],
    },
  },
  {
    path: "/people",
    dialogs: {
      "ui/account/pagePeople.tsx": [menu(ofGrace)],
      "ui/account/peopleDialogs.tsx": [
        dialog("Invite somebody", button("Invite somebody")),
        chosen(ofGrace, "Change the role…", `Change the role of ${grace}`),
        chosen(ofGrace, "Reset the account…", `Reset ${grace}`),
        chosen(ofGrace, "Remove…", `Remove ${grace}`),
      ],
    },
  },
  {
    path: "/tokens",
    dialogs: {
      "ui/account/pageTokens.tsx": [
        menu("Actions: billing sync"),
        dialog("New API token", button("New token")),
        chosen("Actions: billing sync", "Revoke…", "Revoke billing sync"),
      ],
    },
  },
  {
    path: "/audit",
    dialogs: {
      "ui/account/pageAudit.tsx": [dialog("team.suspend", ["link", "team.suspend"])],
    },
  },
  {
    path: "/account",
    dialogs: {
      "ui/account/secondFactor.tsx": [
        dialog("Turn off the second factor", button("Turn off")),
        dialog("New backup codes", button("New backup codes")),
      ],
      "ui/shell/palette/palette.tsx": [
        dialog("Command palette", button("Search or jump to… Ctrl K")),
      ],
    },
  },
  {
    path: "/account",
    given: {
      "GET /api/account": ok({
        ...{ account_id: answers.session.account!.account_id, email: "ada@example.com" },
        ...{ name: "Ada Byron", role: "owner", second_factor: false, awaits_password: false },
        ...{ created_at: "2026-11-23T12:00:00.000Z", version: 1, backup_codes: 0 },
      }),
    },
    dialogs: {
      "ui/account/secondFactor.tsx": [dialog("Set up a second factor", button("Set up"))],
    },
  },
  {
    path: "/settings",
    dialogs: {
      "ui/shell/shortcuts.tsx": [
        dialog(
          "Keyboard shortcuts",
          button("Search or jump to… Ctrl K"),
          ["type", "keyboard"],
          ["option", "Keyboard shortcuts Help"],
        ),
      ],
      "ui/base/leaving.tsx": [
        dialog(
          "Leave without saving?",
          ["textbox", "Name of the service"],
          ["type", "x"],
          ["link", "Overview"],
        ),
      ],
    },
  },
  {
    path: "/",
    dialogs: {
      "ui/shell/shell.tsx": [{ ...dialog("Menu", button("Open menu")), width: 390 }],
    },
  },
  {
    path: "/",
    given: { "GET /api/status": noSession },
    dialogs: {
      "ui/session/sessionEnded.tsx": [{ ...dialog("Your session has ended"), stays: true }],
    },
  },
];
