import { useRoute } from "preact-iso";
import { useEffect } from "preact/hooks";
import type { ComponentChildren } from "preact";
import type { Statement } from "../../server/statements/schema.ts";
import { at, withParameters } from "../api.ts";
import { Button, buttonClass } from "../base/button.tsx";
import { Failure, Skeleton } from "../base/states.tsx";
import * as format from "../format.ts";
import { useRead } from "../query.ts";
import { PageNotFound } from "../shell/pageNotFound.tsx";
import { statement as words } from "../strings/statement.ts";
import { wallet } from "../strings/wallet.ts";

/** The month `months` after another: "2026-11", 2 → "2027-01". */
function shifted(month: string, months: number): string {
  const date = new Date(`${month}-01T00:00:00Z`);
  date.setUTCMonth(date.getUTCMonth() + months);
  return date.toISOString().slice(0, 7);
}

/** What a team's wallet did in a month, made to be printed or sent to it: credits alone, and no word of what they cost the operator. */
export function PageStatement() {
  const { teamId = "", month = "" } = useRoute().params;
  return isMonth(month) ? <Month teamId={teamId} month={month} /> : <PageNotFound />;
}

const isMonth = (text: string) => /^(?:19[7-9]|[2-9]\d\d)\d-(?:0[1-9]|1[0-2])$/.test(text);

function Month({ teamId, month }: { teamId: string; month: string }) {
  const read = useRead<Statement>(at`/api/teams/${teamId}/statement`, {
    parameters: { month },
  });
  const { data } = read;
  const shown = data?.month === month && data.team_id === teamId ? data : undefined;
  const name = shown?.team_name ?? teamId;
  useEffect(() => {
    // Stands in the head of the printed page, and is the name that its file is given.
    document.title = words.of(name, month);
  }, [name, month]);
  const monthLink = (by: number) =>
    `/analytics/statements/${encodeURIComponent(teamId)}/${shifted(month, by)}`;
  return (
    <div class="mx-auto max-w-[760px] print:max-w-none">
      <div class="mb-5 flex flex-wrap items-center gap-2 print:hidden">
        <a
          href={`/analytics?team=${encodeURIComponent(teamId)}&group=job_type`}
          class={buttonClass("ghost")}
        >
          {words.back}
        </a>
        <span class="ml-auto" />
        <a href={monthLink(-1)} class={buttonClass()}>
          {words.previousMonth}
        </a>
        {shown && isRunning(shown) ? (
          <Button disabled>{words.nextMonth}</Button>
        ) : (
          <a href={monthLink(1)} class={buttonClass()}>
            {words.nextMonth}
          </a>
        )}
        {shown && (
          <>
            <a
              href={withParameters(at`/api/teams/${teamId}/statement.csv`, { month })}
              download={`statement-${teamId}-${month}.csv`}
              class={buttonClass()}
            >
              {words.csv}
            </a>
            <Button look="primary" onClick={() => print()}>
              {words.print}
            </Button>
          </>
        )}
      </div>
      {shown ? (
        <Sheet statement={shown} />
      ) : read.error ? (
        <Failure title={words.notLoaded} error={read.error} onRetry={read.retry} />
      ) : (
        <Skeleton class="h-96 w-full" />
      )}
    </div>
  );
}

/** No month after it has anything to state. */
const isRunning = ({ as_of: asOf, to }: Statement) => asOf < to;

function Sheet({ statement }: { statement: Statement }) {
  const { team_name: team, month, as_of: asOf } = statement;
  const running = isRunning(statement);
  return (
    <article
      aria-label={words.of(team, month)}
      class="rounded-card border border-line bg-surface px-6 py-6 shadow-card print:border-0 print:p-0 print:shadow-none"
    >
      <p class="text-14 font-semibold">{statement.brand}</p>
      <div class="mt-4 flex flex-wrap items-baseline justify-between gap-x-6">
        <h1 class="text-20 font-semibold tracking-[-0.015em]">{words.title}</h1>
        <p class="text-14 font-medium tabular-nums">{format.month(statement.from)}</p>
      </div>
      <dl class="mt-5 grid grid-cols-2 gap-x-6 gap-y-3 sm:grid-cols-4">
        <Fact name={words.organization} note={statement.organization_id}>
          {statement.organization_name}
        </Fact>
        <Fact name={words.team} note={statement.team_id}>
          {team}
        </Fact>
        <Fact name={words.period} note={words.utc}>
          {words.span(format.fullDay(statement.from), lastDay(statement))}
        </Fact>
        <Fact name={running ? words.until : words.made} note={running ? words.running : undefined}>
          {format.moment(asOf)}
        </Fact>
      </dl>
      <Section title={words.plans}>
        <ul class="grid gap-2">
          {statement.plans.map(({ name, since, in_words: inWords }) => (
            <li key={since} class="break-inside-avoid">
              <span class="font-medium">{name}</span>
              <span class="text-muted"> {words.since(format.fullDay(since))}</span>
              <span class="block text-12 text-ink-2">{inWords}</span>
            </li>
          ))}
          {statement.plans.length === 0 && <li class="text-muted">{words.noPlan}</li>}
        </ul>
      </Section>
      <Section title={words.summary}>
        <Summary statement={statement} />
      </Section>
      <Section title={words.byDay}>
        {statement.days.length === 0 ? (
          <p class="text-muted">{words.nothing}</p>
        ) : (
          <Days statement={statement} />
        )}
      </Section>
      <p class="mt-5 text-12 text-muted">{words.note}</p>
    </article>
  );
}

const lastDay = ({ to }: Statement) => format.fullDay(new Date(Date.parse(to) - 1).toISOString());

function Fact({
  name,
  note,
  children,
}: {
  name: string;
  note?: string | undefined;
  children: ComponentChildren;
}) {
  return (
    <div class="min-w-0">
      <dt class="text-12 text-muted">{name}</dt>
      <dd class="font-medium break-words tabular-nums">
        {children}
        {note && <span class="block text-12 font-normal text-muted">{note}</span>}
      </dd>
    </div>
  );
}

function Section({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <section class="mt-6">
      <h2 class="mb-2 text-13 font-semibold break-after-avoid">{title}</h2>
      {children}
    </section>
  );
}

const numbers = "py-1.5 pl-4 text-right tabular-nums";

function Sums({
  label,
  heads,
  children,
}: {
  label: string;
  heads: readonly string[];
  children: ComponentChildren;
}) {
  const [first, ...rest] = heads;
  return (
    <div
      tabIndex={0}
      role="region"
      aria-label={label}
      class="focus-ring relative overflow-x-auto print:overflow-visible"
    >
      <table class="w-full text-left">
        <thead>
          <tr class="border-b border-line text-12 text-muted">
            <th scope="col" class="py-1.5 font-medium">
              {first}
            </th>
            {rest.map((head) => (
              <th key={head} scope="col" class={`${numbers} font-medium`}>
                {head}
              </th>
            ))}
          </tr>
        </thead>
        {children}
      </table>
    </div>
  );
}

type Line = Statement["totals"][number];

/** What an entry is about: its kind, and the type of its jobs. */
const nameOf = ({ kind, job_type: type }: Line) => {
  const label = wallet.entryKinds[kind as keyof typeof wallet.entryKinds];
  return type === null ? label : words.ofType(label, type);
};

const signed = (credits: number) => `${credits > 0 ? "+" : ""}${format.credits(credits)}`;

function Summary({ statement }: { statement: Statement }) {
  const balance = (name: string, credits: number) => (
    <tr class="border-b border-hairline font-semibold">
      <th scope="row" class="py-1.5 font-semibold">
        {name}
      </th>
      <td />
      <td class={numbers}>{format.credits(credits)}</td>
    </tr>
  );
  return (
    <Sums label={words.summary} heads={[words.what, words.entries, words.credits]}>
      <tbody>
        {balance(words.opening, statement.opening_balance)}
        {statement.totals.map((line) => (
          <tr key={nameOf(line)} class="border-b border-hairline">
            <td class="py-1.5 break-words">{nameOf(line)}</td>
            <td class={numbers}>{format.count(line.entries)}</td>
            <td class={numbers}>{signed(line.credits)}</td>
          </tr>
        ))}
      </tbody>
      <tfoot>{balance(words.closing, statement.closing_balance)}</tfoot>
    </Sums>
  );
}

function Days({ statement }: { statement: Statement }) {
  return (
    <Sums label={words.byDay} heads={[words.day, words.entries, words.credits, words.balance]}>
      {statement.days.map(({ day, lines, balance }) => (
        <tbody key={day} class="break-inside-avoid border-b border-hairline">
          <tr>
            <th scope="rowgroup" colSpan={3} class="pt-2 pb-0.5 font-medium">
              {format.fullDay(day)}
            </th>
            <td class="pt-2 pb-0.5 pl-4 text-right font-medium tabular-nums">
              {format.credits(balance)}
            </td>
          </tr>
          {lines.map((line) => (
            <tr key={nameOf(line)} class="text-ink-2">
              <td class="py-0.5 pl-4 break-words">{nameOf(line)}</td>
              <td class="py-0.5 pl-4 text-right tabular-nums">{format.count(line.entries)}</td>
              <td class="py-0.5 pl-4 text-right tabular-nums">{signed(line.credits)}</td>
              <td />
            </tr>
          ))}
        </tbody>
      ))}
    </Sums>
  );
}
