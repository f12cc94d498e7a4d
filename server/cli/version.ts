import { version } from "../version.ts";
import { jsonOption, type Command } from "./command.ts";
import { print } from "./output.ts";

export const versionCommand: Command = {
  name: "version",
  about: "Prints the version.",
  words: [],
  options: { json: jsonOption },
  settings: [],
  examples: ["saas-litellm version"],
  run({ runtime, json }) {
    const platform = `${process.platform}-${process.arch}`;
    print(json, { version, runtime: runtime.name, platform }, [
      `saas-litellm ${version} (${platform})`,
    ]);
    return Promise.resolve(0);
  },
};
