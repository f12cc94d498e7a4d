import type { GatewayStatus, Upstream } from "../litellm/upstream.ts";
import type { Terminal } from "./terminal.ts";

/** Percent between two lines where progress cannot replace itself. */
const STEP_PERCENT = 25;

/** How LiteLLM comes up: one line that changes on a terminal, a few lines elsewhere. */
export class GatewayLines {
  readonly #terminal: Terminal;
  readonly #upstream: Pick<Upstream, "status">;
  #told = "";

  constructor(terminal: Terminal, upstream: Pick<Upstream, "status">) {
    this.#terminal = terminal;
    this.#upstream = upstream;
  }

  update(): void {
    const status = this.#upstream.status();
    if (status.state === "installing") return this.#installing(status);
    const text = this.#textOf(status);
    if (text === undefined || text === this.#told) return;
    this.#told = text;
    if (status.state === "starting" && this.#terminal.isTty) this.#terminal.progress(text);
    else this.#terminal.line(text);
  }

  #installing({ install }: GatewayStatus): void {
    const { percent = 0, step = "" } = install ?? {};
    const filled = Math.round(percent / 5);
    const bar = `${"█".repeat(filled)}${"░".repeat(20 - filled)}`;
    this.#terminal.progress(`  Installing LiteLLM  ${bar} ${Math.floor(percent)} %  ${step}`);
    if (this.#terminal.isTty) return;
    const reached = Math.floor(percent / STEP_PERCENT) * STEP_PERCENT;
    const text = `  Installing LiteLLM: ${reached} %`;
    if (text !== this.#told) this.#terminal.line(text);
    this.#told = text;
  }

  #textOf({ state, version, mode, problem }: GatewayStatus): string | undefined {
    const { dim, green, red } = this.#terminal;
    const name = version === undefined ? "LiteLLM" : `LiteLLM ${version}`;
    switch (state) {
      case "starting":
        return `  Starting ${name} …`;
      case "ready":
        return `  ${green("✓")} ${name} ${dim(`(${mode})`)} is ready for calls`;
      case "failed":
        return `  ${red("✗")} LiteLLM cannot run: ${problem ?? "see the log"}`;
      case "restarting":
        // One of the operator's own is not started by us: its problem says that it does not answer.
        return mode === "external"
          ? `  ${red("✗")} ${problem ?? "LITELLM_URL does not answer"}`
          : `  ${red("✗")} ${name} ended and is being started again`;
      case "waiting":
      case "installing":
      case "updating":
      case "stopped":
        return undefined;
    }
  }
}
