import { useState } from "preact/hooks";
import { Button } from "../../base/button.tsx";
import { Facts, Panel } from "../../base/panel.tsx";
import { Failure, NotCurrent, Skeleton } from "../../base/states.tsx";
import * as format from "../../format.ts";
import { billing, useCan } from "../../session/permission.ts";
import { kit } from "../../strings/kit.ts";
import { wallet as words } from "../../strings/wallet.ts";
import { useWallet, type Wallet } from "./wallet.ts";
import { WalletSettings } from "./walletSettings.tsx";

/** What lasts fewer days than this is worth a warning. */
const soonDays = 7;
const longestDays = 365;

/** What a team may spend, and how long that lasts. */
export function WalletPanel({
  teamId,
  chargedPerDay,
}: {
  teamId: string;
  /** Over the last 30 days; undefined = not known yet. */
  chargedPerDay: number | undefined;
}) {
  const { data, error, retry } = useWallet(teamId);
  const [editing, setEditing] = useState(false);
  const may = useCan()(billing);
  return (
    <Panel
      title={words.title}
      badge={error && data && <NotCurrent error={error} />}
      action={
        <a
          href={`/teams/${teamId}?tab=wallet`}
          class="focus-ring rounded text-accent hover:underline"
        >
          {words.ledger}
        </a>
      }
    >
      {data ? (
        <>
          <Spendable wallet={data} />
          <div class="mt-4">
            <Facts
              facts={[
                { name: words.balance, value: <Amount value={data.balance} /> },
                { name: words.held, value: <Amount value={data.held} /> },
                {
                  name: words.perDay,
                  value: chargedPerDay === undefined ? "—" : format.creditsOnAverage(chargedPerDay),
                },
                { name: words.lasts, value: <Lasts wallet={data} perDay={chargedPerDay} /> },
              ]}
            />
          </div>
          <div class="-mx-4 mt-auto pt-4">
            <div class="flex min-h-7 flex-wrap items-center gap-x-2 border-t border-line px-4 pt-3">
              <Terms wallet={data} />
              {may && (
                <span class="ml-auto">
                  <Button size="small" look="ghost" onClick={() => setEditing(true)}>
                    <span class="text-accent">{words.edit}</span>
                  </Button>
                </span>
              )}
            </div>
          </div>
          <WalletSettings
            teamId={teamId}
            wallet={data}
            retry={retry}
            open={editing}
            onClose={() => setEditing(false)}
          />
        </>
      ) : error ? (
        <Failure title={kit.notLoaded(words.title.toLowerCase())} error={error} onRetry={retry} />
      ) : (
        <div class="grid gap-3">
          <Skeleton class="h-8 w-40" />
          <Skeleton class="h-2 w-full" />
          <Skeleton class="h-24 w-full" />
        </div>
      )}
    </Panel>
  );
}

function Amount({ value }: { value: number }) {
  return (
    <span title={format.credits(value)} class={value < 0 ? "text-bad" : ""}>
      {format.creditsShort(value)}
    </span>
  );
}

/** The one large number of the page, and how much of what there is jobs hold. */
function Spendable({ wallet }: { wallet: Wallet }) {
  const { available, held } = wallet;
  const spendable = Math.max(available ?? 0, 0);
  const share = spendable + held > 0 ? spendable / (spendable + held) : 0;
  return (
    <>
      <p class="flex items-center gap-1.5 text-12 text-muted">
        <span aria-hidden="true" class="size-2 rounded-[2px] bg-series-1" />
        {words.available}
      </p>
      <p
        class={`text-28 font-semibold tracking-[-0.02em] tabular-nums ${available !== null && available < 0 ? "text-bad" : ""}`}
        title={available === null ? undefined : format.credits(available)}
      >
        {available === null ? words.unlimited : format.creditsShort(available)}
      </p>
      <div
        role="img"
        aria-label={words.bar(
          available === null ? words.unlimited : format.creditsShort(available),
          format.creditsShort(held),
        )}
        class="mt-2 flex h-1.5 gap-px overflow-hidden rounded-full bg-press"
      >
        <span class="bg-series-1" style={{ width: `${share * 100}%` }} />
        {held > 0 && <span class="flex-1 bg-series-2" />}
      </div>
    </>
  );
}

function Lasts({ wallet, perDay }: { wallet: Wallet; perDay: number | undefined }) {
  if (wallet.available === null) return <>{words.unlimited}</>;
  if (!perDay) return <>—</>;
  const days = Math.max(0, Math.floor(wallet.available / perDay));
  if (days > longestDays) return <>{words.longer}</>;
  return <span class={days < soonDays ? "text-warn" : ""}>{format.plural(days, "day")}</span>;
}

function Terms({ wallet }: { wallet: Wallet }) {
  const { credit_limit: limit, low_balance_threshold: threshold } = wallet;
  return (
    <>
      {threshold === null ? (
        <span class="text-muted">{words.noAlert}</span>
      ) : (
        <>
          <span class="text-muted">{words.alertBelow}</span>
          <span class="font-medium tabular-nums">{format.creditsShort(threshold)}</span>
        </>
      )}
      {limit !== 0 && (
        <>
          <span class="ml-2 text-muted">{words.limit}</span>
          <span class="font-medium tabular-nums">
            {limit === null ? words.unlimited : format.creditsShort(limit)}
          </span>
        </>
      )}
    </>
  );
}
