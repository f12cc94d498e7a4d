import { loadConfig } from "../config.ts";
import { createLog } from "../log.ts";
import { openDataDirectory } from "../main/data-directory.ts";
import { Storage } from "../main/storage.ts";
import { jsonOption, type Command } from "./command.ts";
import { print } from "./output.ts";

export const migrateCommand: Command = {
  name: "migrate",
  about: "Brings the database's schema up to date without serving. serve does that by itself too.",
  words: [],
  options: { json: jsonOption },
  settings: ["dataDir", "databaseUrl"],
  examples: ["saas-litellm migrate", "DATABASE_URL=postgres://… saas-litellm migrate --json"],
  async run({ runtime, flags, configFile, json }) {
    const { databaseUrl, dataDir } = loadConfig({ flags, file: configFile });
    const log = createLog({
      format: "pretty",
      level: "warn",
      colors: false,
      write: (line) => process.stderr.write(line),
    });
    // Only the embedded server is the data directory's: that of DATABASE_URL may be in use while it is migrated.
    const directory = databaseUrl === undefined ? await openDataDirectory(dataDir) : undefined;
    const storage = new Storage({ runtime, databaseUrl, dataDir, log });
    try {
      await storage.start();
      const { migration = null } = storage.state();
      print(json, { migration }, [`the schema is at ${migration}`]);
      return 0;
    } finally {
      await storage.stop(10_000);
      directory?.lock.release();
    }
  },
};
