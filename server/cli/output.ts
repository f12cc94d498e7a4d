/** JSON for scripts, else lines for people. */
export function print(json: boolean, answer: unknown, lines: readonly string[]): void {
  console.log(json ? JSON.stringify(answer, undefined, 2) : lines.join("\n"));
}
