import type { AuditEntryView } from "../../server/audit/schema.ts";
import type { KeyView } from "../../server/keys/schema.ts";
import type { CredentialView } from "../../server/models/credential-schema.ts";
import type { OrganizationView } from "../../server/organizations/schema.ts";
import type { ListedTeamView, TeamAccess, TeamDetailView } from "../../server/teams/schema.ts";
import type { Wallet } from "../../ui/teams/wallet/wallet.ts";

/** What an admin API could answer about customers. All times hang on the moment of `answers.ts`. */

const nowMs = Date.parse("2026-11-23T14:20:00Z");
export const minute = 60_000;
export const day = 1440 * minute;
export const before = (milliseconds: number) => new Date(nowMs - milliseconds).toISOString();
export const after = (milliseconds: number) => before(-milliseconds);
export const id = (index: number) => `019ab1c2-7f00-7a31-b8d4-${String(index).padStart(12, "0")}`;

export const page = <Row>(data: Row[], next: string | null = null, prev: string | null = null) => ({
  data,
  next,
  prev,
});

const organizationNames = [
  "Aperture Freight",
  "Fjord Insurance",
  "Halcyon Games",
  "Kestrel Health",
  "Meridian Bank",
  "Northwind Labs",
];
const slug = (name: string) => name.toLowerCase().replaceAll(" ", "-");

export const organizations: OrganizationView[] = organizationNames.map((name, index) => ({
  organization_id: slug(name),
  name,
  status: index === 3 ? "suspended" : "active",
  status_reason: index === 3 ? "invoice 2026-118 unpaid" : null,
  paused_until: null,
  metadata: { account_manager: "Ada" },
  team_count: 2 + ((index * 7) % 9),
  balance: [18_400.5, 9_210, -353.38, 1_180.04, 31_453.6, 24_000][index]!,
  created_at: before((index * 37 + 9) * day),
  updated_at: before(day),
  version: 3,
}));
export const organization = organizations[0]!;

const teamNames = [
  "Localization US",
  "Growth experiments APAC",
  "Internal tools US",
  "Catalog enrichment",
  "Player support US",
  "Field reports APAC",
  "Underwriting US",
  "Claims triage APAC",
  "Fraud review US",
  "A team with a name so long that no column of any table has room for all of it",
];
const balances = [
  14_626.39, -353.38, 8_897.31, 8_975.25, 10_203.45, 6_934.76, 31_453.6, 86.76, 0, 5,
];

export const teams: ListedTeamView[] = teamNames.map((name, index) => {
  const owner = organizations[index % organizations.length]!;
  const balance = balances[index]!;
  return {
    team_id: slug(name).slice(0, 40),
    organization_id: owner.organization_id,
    organization_name: owner.name,
    name,
    status: index === 5 ? "paused" : "active",
    status_reason: index === 5 ? "trial over" : null,
    paused_until: index === 5 ? after(3 * day) : null,
    organization_status: owner.status,
    default_alias: "chat-fast",
    balance,
    available: index === 6 ? null : balance,
    low_balance: index === 7 || balance < 0,
    charged_by_day: Array.from({ length: 30 }, (_, at) =>
      index === 8 ? 0 : Math.round(20 + 15 * Math.sin(at * 1.3 + index) + ((at * 7) % 5)),
    ),
    last_used_at: index === 8 ? null : before(index * index * 97 * minute),
    created_at: before((index * 23 + 4) * day),
    updated_at: before(day),
    version: 4,
  };
});

const noLimits = { requests_per_minute: null, tokens_per_minute: null, concurrent_calls: null };

const key = (index: number, facts: Partial<KeyView>): KeyView => ({
  key_id: id(index),
  team_id: "internal-tools-us",
  name: "Production",
  mode: "live",
  status: "active",
  prefix: "sk-33ql",
  last_four: "x9_Q",
  ip_allow_list: [],
  allowed_origins: [],
  limits: noLimits,
  created_at: before(37 * day),
  expires_at: null,
  revoked_at: null,
  last_used_at: before(minute),
  rotated_from: null,
  version: 1,
  ...facts,
});

export const keys: KeyView[] = [
  key(1, { ip_allow_list: ["203.0.113.0/24", "2001:db8::/32"] }),
  key(2, { name: "Staging", mode: "test", prefix: "sk-44zg", last_used_at: before(120 * minute) }),
  key(3, {
    name: "Batch worker",
    prefix: "sk-568b",
    expires_at: after(6 * day),
    limits: { ...noLimits, concurrent_calls: 20 },
  }),
  key(4, { name: "Web chat", prefix: "sk-67h6", allowed_origins: ["https://app.example.com"] }),
  key(5, {
    name: "Legacy importer",
    prefix: "sk-78q1",
    status: "revoked",
    revoked_at: before(90 * day),
    last_used_at: null,
    created_at: before(185 * day),
  }),
];

export const team: TeamDetailView = {
  ...teams[2]!,
  organization_id: "aperture-freight",
  job_type_aliases: { invoice_check: "chat-smart" },
  limits: { requests_per_minute: 600, tokens_per_minute: 200_000, concurrent_calls: null },
  metadata: { tier: "gold" },
  groups: ["default", "large"],
  wallet: { balance: 8_897.31, held: 909.64, available: 7_987.67, credit_limit: 0 },
  keys,
};

export const wallet: Wallet = {
  team_id: team.team_id,
  ...team.wallet,
  low_balance_threshold: 500,
  version: 4,
  grants: [],
};

export const access: TeamAccess = {
  team_id: team.team_id,
  groups: team.groups,
  models: ["chat-fast", "chat-smart", "embed-small"],
  default_alias: "chat-fast",
  job_type_aliases: team.job_type_aliases,
  version: 4,
};

const audit = (index: number, facts: Partial<AuditEntryView>): AuditEntryView => ({
  audit_id: id(index),
  created_at: before(index * index * 190 * minute),
  actor: "user:019ab1c2-7f00-7a31-b8d4-00000000abcd",
  actor_name: "Ada Byron",
  address: "127.0.0.1",
  request_id: id(90 + index),
  action: "team.update",
  subject_kind: "team",
  subject_id: "internal-tools-us",
  organization_id: "aperture-freight",
  organization_name: "Aperture Freight",
  team_id: "internal-tools-us",
  team_name: "Internal tools US",
  before: { name: "Internal tools" },
  after: { name: "Internal tools US" },
  ...facts,
});

export const auditEntries: AuditEntryView[] = [
  audit(1, {}),
  audit(2, { action: "credits.allocate", actor: "cli", actor_name: null, before: null }),
  audit(3, { action: "key.create", subject_kind: "key", subject_id: id(1), before: null }),
];

export const history = [
  {
    status: "active",
    paused_until: null,
    reason: "paid",
    actor: "cli",
    created_at: before(2 * day),
  },
  {
    status: "paused",
    paused_until: after(3 * day),
    reason: null,
    actor: "cli",
    created_at: before(9 * day),
  },
];

export const credentials: CredentialView[] = [
  {
    credential_id: id(1),
    name: "OpenAI, Aperture's own",
    has_key: true,
    last_four: "x9Qf",
    api_base: null,
    organization_id: "aperture-freight",
    organization_name: "Aperture Freight",
    enabled: true,
    models: ["chat-fast"],
    version: 1,
    created_at: before(20 * day),
    updated_at: before(20 * day),
  },
];
