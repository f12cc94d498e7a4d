/** A command cannot do what was asked; the message is one line. */
export class CliError extends Error {
  override name = "CliError";
  /** 1 = refused or failed, 2 = wrongly asked. */
  readonly exitCode: number;

  constructor(message: string, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}
