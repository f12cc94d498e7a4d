import type { NoticeView } from "../../server/notices/schema.ts";
import * as format from "../format.ts";
import { notices as words } from "../strings/notices.ts";

/** What a notice says, in a sentence, out of what its kind carries. */
export function noticeText({ kind, payload }: NoticeView): string {
  const number = (name: string) => Number(payload[name] ?? 0);
  switch (kind) {
    case "wallet.low_balance":
      return words.low(
        format.inCredits(number("available")),
        format.inCredits(number("threshold")),
      );
    case "wallet.negative":
      return words.negative(format.inCredits(number("available")));
    case "budget.threshold":
      return words.budget(
        format.percent(number("used_percent") / 100),
        format.usd(number("spent_usd")),
        format.usd(number("limit_usd")),
        words.periods[payload["period"] as keyof typeof words.periods],
      );
    case "call.unsettled":
      return words.unsettled(String(payload["model"]));
    case "credits.expiring":
      return words.expiring(
        format.inCredits(number("credits")),
        format.fullDay(String(payload["expires_at"])),
      );
  }
}
