import { whenOverdue } from "../kernel/overdue.ts";

/** No answer came in the time that it has. */
export class LateReply extends Error {
  constructor(ms: number) {
    super(`no answer within ${ms} ms`);
    this.name = "LateReply";
  }
}

/** What the work resolves to; rejects with `LateReply` when it takes longer. An answer that came in time to a busy process is not late. */
export function inTime<Reply>(work: Promise<Reply>, ms: number): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const timer = whenOverdue(() => reject(new LateReply(ms)), ms);
    work.then(
      (reply) => {
        clearTimeout(timer);
        resolve(reply);
      },
      (error: unknown) => {
        clearTimeout(timer);
        reject(error instanceof Error ? error : new Error(String(error)));
      },
    );
  });
}
