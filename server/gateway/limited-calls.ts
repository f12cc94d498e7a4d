import type { Limits } from "../limits/limits.ts";
import type { CallRequest } from "./call.ts";
import { sizeOf } from "./parameters.ts";

/** What a call comes to: its answer, a stream that ends later, or the answer of an earlier request. */
type Limitable =
  | { headers: Readonly<Record<string, string>>; settled?: Promise<void> }
  | { replay: unknown };

/**
 * The step of the call path that asks the limits for leave. The permit goes with the request, so that its settle can put the
 * tokens right; it ends once the answer has, streams when they are settled, and a replay does not count.
 */
export async function limited<Answer extends Limitable>(
  limits: Pick<Limits, "admit"> | undefined,
  request: CallRequest,
  work: (admitted: CallRequest) => Promise<Answer>,
): Promise<Answer> {
  const size = () => sizeOf(request, JSON.stringify(request.parameters));
  const permit = await limits?.admit({ ...request, size });
  if (!permit) return work(request);
  try {
    const answer = await work({ ...request, permit });
    if ("replay" in answer) {
      permit.cancel();
      return answer;
    }
    if (answer.settled) void answer.settled.finally(() => permit.release());
    else permit.release();
    return { ...answer, headers: { ...answer.headers, ...permit.headers } };
  } catch (error) {
    permit.release();
    throw error;
  }
}
