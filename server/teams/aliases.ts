import { DomainError } from "../kernel/errors.ts";

/** What a team's calls that name no model use. */
export interface PresetAliases {
  defaultAlias: string | null;
  /** Job type → alias. */
  jobTypeAliases: Readonly<Record<string, string>>;
}

const MOST_JOB_TYPES = 200;
/** As long as a job's type may be. */
const LONGEST_JOB_TYPE = 100;

/** Throws `invalid_request` naming each preset that is no chat model granted to the team, or whose job type no job can have. */
export function requireAliases(
  presets: PresetAliases,
  granted: readonly { name: string; mode: string }[],
): void {
  const entries = Object.entries(presets.jobTypeAliases);
  if (entries.length > MOST_JOB_TYPES) {
    refuse([
      {
        field: "job_type_aliases",
        message: `job_type_aliases has ${entries.length} entries; it may have ${MOST_JOB_TYPES}.`,
      },
    ]);
  }
  refuse([
    ...wrongAlias("default_alias", presets.defaultAlias, granted),
    ...entries.flatMap(([type, alias]) => [
      ...wrongType(type),
      ...wrongAlias(`job_type_aliases.${type.slice(0, LONGEST_JOB_TYPE)}`, alias, granted),
    ]),
  ]);
}

interface Wrong {
  field: string;
  message: string;
}

function wrongAlias(
  field: string,
  alias: string | null,
  granted: readonly { name: string; mode: string }[],
): Wrong[] {
  const chats = granted.filter(({ mode }) => mode === "chat").map(({ name }) => name);
  if (alias === null || chats.includes(alias)) return [];
  const choice = chats.length > 0 ? `it may be ${chats.join(", ")}` : "no chat model is granted";
  const message = `${field} is ${JSON.stringify(alias)}, which is no chat model granted to the team; ${choice}.`;
  return [{ field, message }];
}

function wrongType(type: string): Wrong[] {
  // eslint-disable-next-line no-control-regex -- what a job's type may not hold
  if (type !== "" && type.length <= LONGEST_JOB_TYPE && !/[\u0000-\u001f\u007f-\u009f]/.test(type))
    return [];
  const message = `job_type_aliases names a job type that no job can have: it must be 1 to ${LONGEST_JOB_TYPE} characters without control characters.`;
  return [{ field: "job_type_aliases", message }];
}

function refuse(wrong: readonly Wrong[]): void {
  const [first] = wrong;
  if (!first) return;
  throw new DomainError("invalid_request", wrong.map(({ message }) => message).join(" "), {
    hints: { field: first.field, errors: wrong },
  });
}
