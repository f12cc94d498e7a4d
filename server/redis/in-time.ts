import { setImmediate } from "node:timers";

/** No answer came in the time that it has. */
export class LateReply extends Error {
  constructor(ms: number) {
    super(`no answer within ${ms} ms`);
    this.name = "LateReply";
  }
}

/**
 * What the work resolves to; rejects with `LateReply` when it takes longer. A busy process may find the timer over before it
 * has read an answer that has come long ago, so answers that wait are read once more before one is called late.
 */
export function inTime<Reply>(work: Promise<Reply>, ms: number): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => setImmediate(() => reject(new LateReply(ms))), ms);
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
