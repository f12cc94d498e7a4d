import type { InvitationView, TokenView } from "../../server/accounts/people-schema.ts";
import type { AccountView, OwnAccountView, SessionView } from "../../server/accounts/schema.ts";
import type { AuditEntryView } from "../../server/audit/schema.ts";
import type { Answer } from "../e2e/ui-server.ts";
import { session } from "./answers.ts";

/** What the pages about accounts can show. */

const ok = (body: unknown): Answer => ({ status: 200, body });
const id = (last: number) => `019aaf3c-6a80-7c11-9d1b-0000000000${String(last).padStart(2, "0")}`;
const at = "2026-11-23T12:00:00.000Z";
const later = "2026-11-30T12:00:00.000Z";

const ada: AccountView = {
  ...{ account_id: session.account!.account_id, email: "ada@example.com", name: "Ada Byron" },
  ...{ role: "owner", second_factor: true, awaits_password: false, created_at: at, version: 1 },
  last_sign_in_at: at,
};
const own: OwnAccountView = { ...ada, backup_codes: 9 };
const accounts: AccountView[] = [
  ada,
  {
    ...{
      ...ada,
      account_id: id(2),
      name: "<b>Grace</b> with a name that is rather long for a row",
    },
    ...{ email: "grace.hopper.of.the.long.address@subsidiary.example.com", role: "support" },
    ...{ second_factor: false, last_sign_in_at: null },
  },
  {
    ...{ ...ada, account_id: id(3), name: "Linus", email: "linus@example.com", role: "billing" },
    awaits_password: true,
  },
];
const invitations: InvitationView[] = [
  {
    ...{ invitation_id: id(4), email: "new@example.com", role: "viewer" },
    ...{ invited_by: `user:${ada.account_id}`, created_at: at, expires_at: later },
  },
];
const sessions: SessionView[] = [
  {
    ...{ session_id: id(5), current: true, address: "203.0.113.7", created_at: at },
    ...{ last_seen_at: at, expires_at: later },
    user_agent: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
  },
  {
    ...{ session_id: id(6), current: false, address: null, user_agent: null, created_at: at },
    ...{ last_seen_at: null, expires_at: later },
  },
];
const tokens: TokenView[] = [
  {
    ...{ token_id: id(7), name: "billing sync", last_four: "a1b2", role: "billing" },
    ...{ scopes: ["money:read", "reports:read"], made_by: "ada@example.com", created_at: at },
    ...{ expires_at: later, last_used_at: at },
  },
  {
    ...{ token_id: id(8), name: "backend", last_four: "c3d4", role: "admin", scopes: null },
    ...{ made_by: null, created_at: at, expires_at: null, last_used_at: null },
  },
];
const entry: AuditEntryView = {
  ...{ audit_id: id(9), created_at: at, actor: `user:${ada.account_id}` },
  ...{ actor_name: "ada@example.com", address: "203.0.113.7", request_id: id(10) },
  ...{ action: "team.suspend", subject_kind: "team", subject_id: "routing" },
  ...{ organization_id: "aperture-freight", organization_name: "Aperture Freight" },
  ...{ team_id: "routing", team_name: "Routing" },
  before: { status: "active", status_reason: null },
  after: { status: "suspended", status_reason: "<img src=x onerror=alert(1)> unpaid" },
};
const entries: AuditEntryView[] = [
  entry,
  {
    ...{ ...entry, audit_id: id(11), actor: "cli", actor_name: null, address: "127.0.0.1" },
    ...{ action: "account.password", subject_kind: "account", subject_id: ada.account_id },
    ...{ before: null, after: null },
  },
];
const page = (data: unknown[]) => ok({ data, next: null, prev: null });

/** What a server answers these pages. */
export const accountAnswers: Record<string, Answer> = {
  "GET /api/account": ok(own),
  "GET /api/account/sessions": ok({ data: sessions }),
  "GET /api/accounts": ok({ data: accounts }),
  "GET /api/invitations": ok({ data: invitations }),
  "GET /api/tokens": ok({ data: tokens }),
  "GET /api/audit": page(entries),
};

export const accountStates = [
  { name: "account", path: "/account", shows: "9 backup codes left" },
  {
    name: "account-without-factor",
    path: "/account",
    given: { "GET /api/account": ok({ ...own, second_factor: false, backup_codes: 0 }) },
    shows: "whoever has your password can sign in",
  },
  { name: "people", path: "/people", shows: "new@example.com" },
  { name: "tokens", path: "/tokens", shows: "billing sync" },
  {
    name: "tokens-empty",
    path: "/tokens",
    given: { "GET /api/tokens": ok({ data: [] }) },
    shows: "No API tokens",
  },
  { name: "audit", path: "/audit", shows: "team.suspend" },
  { name: "audit-entry", path: `/audit?entry=${entry.audit_id}`, shows: "onerror=alert(1)" },
  {
    name: "audit-filtered",
    path: "/audit?action=team.&from=2026-11-01&to=2026-11-02",
    given: {
      "GET /api/audit?action=team.&from=2026-11-01T00%3A00%3A00Z&to=2026-11-03T00%3A00%3A00.000Z":
        page([]),
    },
    shows: "No entries match these filters",
  },
];
