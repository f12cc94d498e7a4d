import { environment, loadConfig } from "../config.ts";
import { decodeKey } from "../config/settings.ts";
import type { MasterKey } from "../kernel/sealing.ts";
import { createLog } from "../log.ts";
import { openDataDirectory, readMasterKey } from "../main/data-directory.ts";
import { KeyChange } from "../main/master-key-change.ts";
import { Storage } from "../main/storage.ts";
import { CliError } from "./cli-error.ts";
import { jsonOption, type Command } from "./command.ts";
import { print } from "./output.ts";

export const rotateMasterKeyCommand: Command = {
  name: "master-key rotate",
  about:
    "Encrypts every stored secret with a new master key, in one transaction: all or nothing. Every server on the database has to be stopped. The new key is written to master.key of the data directory, readable by its owner only, and the old one to master.key.previous: backups from before need it. Interrupted, the same command finishes it.",
  words: [],
  options: {
    "new-key-env": {
      value: "NAME",
      about:
        "The variable that holds the new key, 32 bytes in base64 or hex [default a random one]",
    },
    json: jsonOption,
  },
  settings: ["dataDir", "databaseUrl"],
  examples: [
    "saas-litellm master-key rotate",
    "NEW_KEY=$(openssl rand -base64 32) saas-litellm master-key rotate --new-key-env NEW_KEY",
  ],
  async run({ runtime, options, flags, configFile, json }) {
    const config = loadConfig({ flags, file: configFile });
    const { databaseUrl, dataDir } = config;
    const wanted = keyFrom(options["new-key-env"]);
    const log = createLog({
      format: "pretty",
      level: "warn",
      colors: false,
      write: (line) => process.stderr.write(line),
    });
    // A server on this directory holds its lock, so none can run while this does.
    const directory = await openDataDirectory(dataDir);
    const storage = new Storage({ runtime, databaseUrl, dataDir, log });
    try {
      const from = readMasterKey(directory, config.key);
      await storage.start();
      const change = new KeyChange(storage.database, directory, {
        leaseMs: config.leaseSeconds * 1_000,
        keyIsInFile: config.key === undefined,
      });
      const { values, keyFile, previousKeyFile } = await change.run({ from, wanted });
      const answer = { values, key_file: keyFile, previous_key_file: previousKeyFile ?? null };
      print(json, answer, [
        `${values} values are encrypted with the new key in ${keyFile}`,
        ...(previousKeyFile === undefined
          ? [`SAAS_LITELLM_KEY still holds the old key: set it to the new one for every server.`]
          : [
              `the old key is in ${previousKeyFile}: restoring a backup from before needs it`,
              "Servers on other machines need the new key before they start.",
            ]),
      ]);
      return 0;
    } finally {
      await storage.stop(10_000);
      directory.lock.release();
    }
  },
};

/** Never an argument: those stand in the shell's history and in the list of processes. */
function keyFrom(name: string | undefined): MasterKey | undefined {
  if (name === undefined) return undefined;
  const key = decodeKey(environment[name] ?? "");
  if (key) return key;
  throw new CliError(
    `--new-key-env names ${name}, which does not hold 32 bytes in base64 or hex: export it first.`,
    2,
  );
}
