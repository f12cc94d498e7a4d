import type { Rebuilt } from "../analytics/schema.ts";
import { connect } from "./admin-client.ts";
import { clientSettings, jsonOption, type Command } from "./command.ts";
import { print } from "./output.ts";

export const rebuildUsageCommand: Command = {
  name: "usage rebuild",
  about:
    "Counts usage anew from jobs and calls, and says how many figures came out differently. All of it unless a span is given.",
  words: [],
  options: {
    from: { value: "DAY", about: "First UTC day, such as 2026-11-01" },
    to: { value: "DAY", about: "First UTC day that is not included" },
    json: jsonOption,
  },
  settings: clientSettings,
  examples: ["saas-litellm usage rebuild --from 2026-11-01 --to 2026-12-01"],
  async run({ options: { from, to }, json, ...given }) {
    const admin = connect(given);
    const done = { spans: 0, changed: 0 };
    for (let next: string | null | undefined = from; next !== null;) {
      const span = {
        ...(next === undefined ? {} : { from: next }),
        ...(to === undefined ? {} : { to }),
      };
      const part: Rebuilt = await admin.request("POST", "/api/usage/rebuild", { json: span });
      done.spans += part.spans;
      done.changed += part.changed;
      next = part.next;
    }
    print(json, done, [`${done.spans} spans counted anew, ${done.changed} came out differently`]);
    return 0;
  },
};
