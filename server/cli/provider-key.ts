import { environment } from "../config.ts";
import { CliError } from "./cli-error.ts";

export const keyOption = {
  value: "NAME",
  about: "The variable of this command's environment that holds the provider's key",
};

/** Never an argument: those stand in the shell's history and in the list of processes. */
export function keyFrom(name: string | undefined): string | undefined {
  if (name === undefined) return undefined;
  const key = environment[name];
  if (key) return key;
  throw new CliError(`--api-key-env names ${name}, which is not set: export it first.`, 2);
}
