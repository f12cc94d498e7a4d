/** A fault put into a SQL function, which a test has to find. */
export interface Mutation {
  /** Of `db/functions`, without `.sql`. */
  file: string;
  /** Stands there exactly once; `occurrence` chooses where it stands more often. */
  text: string;
  replacement: string;
  /** What goes wrong with it. */
  why: string;
  /** 1 = the first. */
  occurrence?: number;
}

/** The function's text with the fault. Throws when the text is not there, or is ambiguous. */
export function mutate(source: string, mutation: Mutation): string {
  const { file, text, replacement, occurrence } = mutation;
  const starts = startsOf(source, text);
  if (starts.length === 0) throw new Error(`${file}.sql has no ${JSON.stringify(text)}`);
  if (occurrence === undefined && starts.length > 1) {
    throw new Error(`${file}.sql has ${JSON.stringify(text)} ${starts.length} times: say which`);
  }
  const start = starts[(occurrence ?? 1) - 1];
  if (start === undefined) {
    throw new Error(`${file}.sql has ${JSON.stringify(text)} only ${starts.length} times`);
  }
  return source.slice(0, start) + replacement + source.slice(start + text.length);
}

function startsOf(source: string, text: string): number[] {
  const starts: number[] = [];
  for (let at = source.indexOf(text); at >= 0; at = source.indexOf(text, at + 1)) starts.push(at);
  return starts;
}
