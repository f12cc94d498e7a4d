import { loadConfig, type Config } from "../config.ts";
import { definitions, type SettingName } from "../config/settings.ts";
import type { Log } from "../kernel/log.ts";
import { createLog } from "../log.ts";
import { gatherLines } from "../log-lines.ts";
import { startServer, type RunningServer } from "../main.ts";
import { Banner } from "./banner.ts";
import type { Command } from "./command.ts";
import { nextStopSignal } from "./stop-signal.ts";
import { terminalOf } from "./terminal.ts";

export const serveCommand: Command = {
  name: "serve",
  about:
    "Runs the server: the team API, the admin UI, LiteLLM and, unless DATABASE_URL is set, PostgreSQL. Settings also come from the environment and from config.json in the data directory.",
  words: [],
  options: {},
  settings: Object.keys(definitions) as SettingName[],
  examples: [
    "saas-litellm",
    "saas-litellm serve --host 0.0.0.0 --public-url https://api.example.com",
    "DATABASE_URL=postgres://… LITELLM_URL=http://10.0.0.5:4000 saas-litellm serve --log-format json",
  ],
  async run({ runtime, flags, configFile }) {
    const config = loadConfig({ flags, file: configFile });
    const log = serverLog(config);
    const banner = isPretty(config) ? new Banner(terminalOf(process.stdout)) : undefined;
    const server = await startServer(runtime, config, log, () => banner?.gatewayChanged());
    const stopSignal = nextStopSignal();
    banner?.listening(server);
    try {
      const ready = server.databaseReady.then(() => tellNextSteps(server, banner, log));
      // A signal ends the wait for the database too.
      await Promise.race([ready, stopSignal]);
      await stopSignal;
    } finally {
      banner?.stopping();
      // A second signal does not wait: children end by themselves when we are gone.
      void nextStopSignal().then(() => process.exit(130));
      await server.stop();
    }
    return 0;
  },
};

const isPretty = ({ logFormat }: Config) =>
  logFormat === "pretty" || (logFormat === "auto" && process.stderr.isTTY);

function serverLog(config: Config): Log {
  return createLog({
    format: isPretty(config) ? "pretty" : "json",
    level: config.logLevel,
    colors: terminalOf(process.stderr).colors,
    write: gatherLines((text) => process.stderr.write(text)),
  });
}

/** On a terminal with the one-time address itself; a log only says how to get one. */
async function tellNextSteps(server: RunningServer, banner: Banner | undefined, log: Log) {
  if (banner) await banner.databaseReady();
  else
    log.info(
      "ready for administration; saas-litellm admin setup-url makes the first owner's link",
      {
        admin: server.adminUrl,
      },
    );
}
