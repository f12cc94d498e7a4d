import { CliError } from "./cli-error.ts";

/** A number as JSON has it; the server says which amounts it accepts. Throws CliError naming the option. */
export function readNumber(text: string, name: string): number {
  if (!/^-?\d+(\.\d+)?$/.test(text)) {
    throw new CliError(`${name} is ${JSON.stringify(text)}: it must be a number such as 12.5.`, 2);
  }
  // With more, a JavaScript number is another one than was written.
  if (text.replace(/[-.]/g, "").replace(/^0+/, "").length > 15) {
    throw new CliError(`${name} is ${text}: it may have 15 significant digits.`, 2);
  }
  return Number(text);
}

export function readOptionalNumber(text: string | undefined, name: string): number | undefined {
  return text === undefined ? undefined : readNumber(text, name);
}

/** Credits to give; the server says which decimals it accepts. Throws CliError naming the option. */
export function requirePositive(credits: number, name: string): number {
  if (credits > 0) return credits;
  throw new CliError(`${name} is ${credits}: it must be more than 0.`, 2);
}
