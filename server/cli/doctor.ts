import { loadConfig } from "../config.ts";
import { jsonOption, type Command } from "./command.ts";
import { examine, type Finding } from "./doctor/checks.ts";
import { examineLedger } from "./doctor/ledger.ts";
import { terminalOf, type Terminal } from "./terminal.ts";
import { definitions, type SettingName } from "../config/settings.ts";

export const doctorCommand: Command = {
  name: "doctor",
  about:
    "Looks at everything that can be wrong with this machine and installation, and says what to do. Changes nothing. Exit code 1 when something has to be repaired.",
  words: [],
  options: {
    json: jsonOption,
    ledger: { about: "Check every balance, hold and charge in the database instead" },
  },
  settings: Object.keys(definitions) as SettingName[],
  examples: ["saas-litellm doctor", "saas-litellm doctor --json", "saas-litellm doctor --ledger"],
  async run(invocation) {
    if (invocation.options["ledger"] !== undefined) return examineLedger(invocation);
    const { runtime, flags, configFile, json } = invocation;
    const config = loadConfig({ flags, file: configFile });
    const findings = await examine(runtime, config);
    const hasFailed = findings.some(({ verdict }) => verdict === "fail");
    if (json) console.log(JSON.stringify({ ok: !hasFailed, checks: findings }, undefined, 2));
    else tell(terminalOf(process.stdout), findings);
    return hasFailed ? 1 : 0;
  },
};

function tell(terminal: Terminal, findings: readonly Finding[]): void {
  const width = Math.max(...findings.map(({ name }) => name.length)) + 2;
  const marks = {
    ok: terminal.green("ok  "),
    warn: terminal.yellow("warn"),
    fail: terminal.red("fail"),
  };
  for (const { name, verdict, found, advice } of findings) {
    terminal.line(`${marks[verdict]}  ${name.padEnd(width)}${found}`);
    if (advice !== undefined) terminal.line(`      ${" ".repeat(width)}→ ${advice}`);
  }
}
