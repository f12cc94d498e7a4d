import { linkUrl } from "../accounts/links.ts";
import { createSetupLink, hasOwner } from "../accounts/setup.ts";
import type { RunningServer } from "../main.ts";
import { GatewayLines } from "./gateway-lines.ts";
import type { Terminal } from "./terminal.ts";
import { version } from "../version.ts";

/**
 * What somebody at the terminal sees of a server: where it is, what to do next, and how LiteLLM comes up. Lines of the log
 * come between.
 */
export class Banner {
  readonly #terminal: Terminal;
  #server: RunningServer | undefined;
  #gateway: GatewayLines | undefined;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  listening(server: RunningServer): void {
    const { bold, dim, line } = this.#terminal;
    this.#server = server;
    line();
    line(`  ${bold("SaaS LiteLLM")} ${dim(version)}`);
    line();
    line(`  Team API   ${server.apiUrl}   ${dim(`docs at ${server.apiUrl}/docs`)}`);
    line(`  Admin UI   ${server.adminUrl}`);
    line();
  }

  /** Says what to do next. */
  async databaseReady(): Promise<void> {
    const server = this.#server;
    if (!server) return;
    const { context, catalog } = server.services;
    const { dim, green, line } = this.#terminal;
    const { mode, serverVersion } = server.services.storage.state();
    line(`  ${green("✓")} PostgreSQL ${serverVersion} ${dim(`(${mode})`)}`);
    if (!(await hasOwner(context))) {
      const { token } = await createSetupLink(context);
      line();
      line(`  Create the owner of the admin UI at this address; it works once, for 30 minutes:`);
      line(`  ${linkUrl(server.adminUrl, "setup", token)}`);
    }
    if ((await catalog.gatewayConfig()).models.length === 0) {
      line();
      line("  There is no model yet. In another terminal, for example:");
      line(
        "  saas-litellm model add chat-fast --model openai/gpt-5-mini --api-key-env OPENAI_API_KEY",
      );
    }
    line();
    this.#gateway = new GatewayLines(this.#terminal, server.services.upstream);
    this.gatewayChanged();
  }

  gatewayChanged(): void {
    this.#gateway?.update();
  }

  stopping(): void {
    this.#gateway = undefined;
    this.#terminal.line("  Stopping; running calls end first. Ctrl-C again ends at once.");
  }
}
