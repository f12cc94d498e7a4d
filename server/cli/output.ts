/** JSON for scripts, else lines for people, in which nothing that a team chose can move the cursor or start a line. */
export function print(json: boolean, answer: unknown, lines: readonly string[]): void {
  console.log(json ? JSON.stringify(answer, undefined, 2) : lines.map(printable).join("\n"));
}

/** What terminals obey, but for the tab; and what breaks a line or turns its direction around. */
const obeyed = /(?!\t)[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;

/** One line with control characters in the way that JSON writes them. */
export function printable(text: string): string {
  return text.replace(
    obeyed,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
