import { randomBytes } from "node:crypto";
import { loadConfig } from "../config.ts";
import { silentLog } from "../kernel/log.ts";
import { createApps } from "../main/apps.ts";
import { createServices } from "../main/services.ts";
import type { Command } from "./command.ts";

export const openApiCommand: Command = {
  name: "openapi",
  about: "Prints the OpenAPI 3.1 document of the team API, or of the admin API.",
  words: [],
  options: { admin: { about: "That of the admin API" } },
  settings: [],
  examples: ["saas-litellm openapi > openapi.json", "saas-litellm openapi --admin"],
  async run({ runtime, options }) {
    // The apps themselves are asked, so that this is what the listeners answer. Nothing of them is started.
    const services = createServices({
      runtime,
      config: loadConfig(),
      masterKey: randomBytes(32),
      dataDirectoryId: "00000000-0000-0000-0000-000000000000",
      log: silentLog,
      onGatewayChange: () => {},
    });
    const cliToken = randomBytes(32).toString("base64url");
    const apps = createApps({
      services,
      assets: runtime.assets,
      cliToken,
      startedAt: new Date(),
      publicUrl: () => "",
      isStopping: () => false,
      // No body comes.
      bodyLimitBytes: 0,
      trustedProxies: [],
    });
    const app = options["admin"] === undefined ? apps.api : apps.admin;
    const headers = { authorization: `Bearer ${cliToken}` };
    const answer = await app.handle(new Request("http://localhost/openapi.json", { headers }));
    console.log(JSON.stringify(await answer.json(), undefined, 2));
    return 0;
  },
};
