import { CliError } from "./cli-error.ts";

/** Values of options beyond texts and amounts. An empty one, as in `--groups=`, takes away what was set. */

/** `a, b` → `["a", "b"]`. */
export function readList(text: string | undefined): string[] | undefined {
  if (text === undefined) return undefined;
  return text.trim() === "" ? [] : text.split(",").map((part) => part.trim());
}

/** `a=b,c=d` → `{a: "b", c: "d"}`. Throws CliError naming the option. */
export function readPairs(
  text: string | undefined,
  name: string,
): Record<string, string> | undefined {
  const pairs = readList(text)?.map((part): [string, string] => {
    const at = part.indexOf("=");
    if (at > 0 && at < part.length - 1) return [part.slice(0, at), part.slice(at + 1)];
    throw new CliError(`${name} has ${JSON.stringify(part)}: it must be TYPE=ALIAS.`, 2);
  });
  return pairs && Object.fromEntries(pairs);
}

/** A text, or null for an empty one. */
export function readNullable(text: string | undefined): string | null | undefined {
  return text === "" ? null : text;
}

/** A JSON object. Throws CliError naming the option. */
export function readObject(
  text: string | undefined,
  name: string,
): Record<string, unknown> | undefined {
  if (text === undefined) return undefined;
  const wrong = new CliError(`${name} must be a JSON object such as '{"crm": 17}'.`, 2);
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      return value as Record<string, unknown>;
    }
  } catch {
    throw wrong;
  }
  throw wrong;
}
