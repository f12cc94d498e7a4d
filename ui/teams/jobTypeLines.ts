/** Models by job type, one a line: `invoice_check = chat-fast`. */
export function toLines(aliases: Readonly<Record<string, string>>): string {
  return Object.entries(aliases)
    .map(([type, alias]) => `${type} = ${alias}`)
    .join("\n");
}

/** Undefined = a line is not of that form, or names a job type twice. */
export function fromLines(text: string): Record<string, string> | undefined {
  const aliases: Record<string, string> = {};
  for (const line of text.split("\n").filter((one) => one.trim() !== "")) {
    const [, type, alias] = /^(.+?)\s*=\s*(\S+)$/.exec(line.trim()) ?? [];
    if (!type || !alias || Object.hasOwn(aliases, type)) return undefined;
    aliases[type] = alias;
  }
  return aliases;
}
