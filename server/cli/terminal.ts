import { environment } from "../config.ts";

/** Where people read. Colours only where they are shown and wanted (NO_COLOR). */
export interface Terminal {
  readonly isTty: boolean;
  readonly colors: boolean;
  line(text?: string): void;
  /** One line that the next one replaces; elsewhere than on a terminal it is not shown. */
  progress(text: string): void;
  bold(text: string): string;
  dim(text: string): string;
  green(text: string): string;
  red(text: string): string;
  yellow(text: string): string;
}

interface Output {
  isTTY?: boolean;
  columns?: number;
  write(text: string): unknown;
}

export function terminalOf(output: Output): Terminal {
  const isTty = output.isTTY === true;
  const colors = isTty && !environment["NO_COLOR"] && environment["TERM"] !== "dumb";
  const paint = (code: number, end: number) => (text: string) =>
    colors ? `\u001b[${code}m${text}\u001b[${end}m` : text;
  let hasProgress = false;
  const clear = () => {
    if (hasProgress) output.write("\r\u001b[2K");
    hasProgress = false;
  };
  return {
    isTty,
    colors,
    line(text = "") {
      clear();
      output.write(`${text}\n`);
    },
    progress(text) {
      if (!isTty) return;
      clear();
      output.write(text.slice(0, (output.columns || 80) - 1));
      hasProgress = true;
    },
    bold: paint(1, 22),
    dim: paint(2, 22),
    green: paint(32, 39),
    red: paint(31, 39),
    yellow: paint(33, 39),
  };
}
