import { DomainError } from "../kernel/errors.ts";
import { parseBlock } from "../kernel/network.ts";

/** A list of addresses and CIDR blocks as they are stored, each once. Throws `invalid_request` naming the entry that is none. */
export function requireAllowList(entries: readonly string[]): string[] {
  const checked = entries.map((entry, index) => {
    const text = entry.trim().toLowerCase();
    if (parseBlock(text)) return text;
    const field = `ip_allow_list[${index}]`;
    const message = `${field} is ${JSON.stringify(entry)}; it must be an address or a CIDR block, such as 203.0.113.7 or 2001:db8::/32.`;
    throw new DomainError("invalid_request", message, {
      hints: { field, value: entry, errors: [{ field, message }] },
    });
  });
  return [...new Set(checked)];
}
