import { ChartPanel } from "../../../ui/base/chart/chartPanel.tsx";
import { DifferenceView } from "../../../ui/base/differenceView.tsx";
import { daysOf } from "../../../ui/base/period.ts";
import { PeriodPicker, usePeriod } from "../../../ui/base/periodPicker.tsx";
import { SecretOnce } from "../../../ui/base/secret.tsx";
import { Snippets } from "../../../ui/base/snippet.tsx";
import { KeyValues, StatTiles } from "../../../ui/base/stats.tsx";
import { Tooltip } from "../../../ui/base/tooltip.tsx";
import * as format from "../../../ui/format.ts";

const nowMs = Date.parse("2026-11-23T10:00:00Z");

export function ChartsOfGallery() {
  const period = usePeriod(nowMs);
  const points = daysOf(period).map((day, index) => ({
    label: format.day(day),
    title: format.fullDay(day),
    values: { "chat-fast": 40 + index, "chat-smart": 20 + ((index * 7) % 30), embed: index % 5 },
  }));
  return (
    <div class="grid gap-4">
      <div class="flex flex-wrap gap-2">
        <PeriodPicker period={period} />
        <Tooltip text="More about it">
          <button type="button" class="focus-ring rounded">
            What is this?
          </button>
        </Tooltip>
      </div>
      <StatTiles
        label="Figures"
        stats={[
          { name: "Calls", value: "36,323", change: { now: 120, before: 100 } },
          {
            name: "Revenue",
            value: "$1,204.00",
            change: { now: 80, before: 100 },
            href: "/revenue",
          },
          { name: "Errors", value: undefined },
        ]}
      />
      <div class="grid gap-4 lg:grid-cols-2">
        <ChartPanel
          title="Calls by day"
          kind="bars"
          axisName="Day"
          points={points}
          hero="2,400"
          delta="+20% vs previous 30 d"
          axis={format.compact}
          value={format.count}
        />
        <ChartPanel
          title="Latency"
          kind="lines"
          axisName="Day"
          points={points}
          axis={format.compact}
          value={format.count}
        />
      </div>
      <KeyValues rows={[{ name: "Plan", value: "flat" }]} />
      <Snippets
        label="The first call"
        snippets={[
          { language: "curl", code: "curl https://example.test" },
          { language: "Python", code: "client.chat()" },
        ]}
      />
      <SecretOnce secret="sk-0123456789" what="the key" />
      <DifferenceView
        before={{ name: "Old", tags: ["a"] }}
        after={{ name: "New", tags: ["a", "b"] }}
      />
    </div>
  );
}
