import { scripted } from "../e2e/tenant.ts";

/** What clients were told, so that nobody can take it back. */
export interface Told {
  /** Calls outside a job that were answered. */
  singleCalls: string[];
  /** Calls in jobs that were answered. */
  callsInJobs: string[];
  completedJobs: string[];
}

export const nothingTold = (): Told => ({ singleCalls: [], callsInJobs: [], completedJobs: [] });

/** What every answered call uses; at 1 and 2 USD per million tokens it costs 0.0005 USD. */
const USAGE = { input_tokens: 300, output_tokens: 100 };

/**
 * Clients that work until the server is gone: half of them run whole jobs, the others send calls outside any job. Resolves
 * when each has lost its server.
 */
export async function workUntilGone(
  server: { apiUrl: string; key: string },
  options: { clients: number; told: Told },
): Promise<void> {
  const { clients, told } = options;
  const client = async (index: number) => {
    for (let round = 0; ; round += 1) {
      const work = index % 2 === 0 ? wholeJob : singleCall;
      if (!(await work(server, told, `${index}/${round}`))) return;
    }
  };
  await Promise.all(Array.from({ length: clients }, (_, index) => client(index)));
}

async function singleCall(server: Server, told: Told, text: string): Promise<boolean> {
  const answer = await post(server, "/v1/chat/completions", scripted(USAGE, text));
  if (!answer) return false;
  told.singleCalls.push(answer.headers.get("x-call-id")!);
  return true;
}

async function wholeJob(server: Server, told: Told, text: string): Promise<boolean> {
  const created = await post(server, "/api/jobs/create", { job_type: "load" });
  if (!created) return false;
  const { job_id } = created.body as { job_id: string };
  const called = await post(server, `/api/jobs/${job_id}/llm-call`, scripted(USAGE, text));
  if (!called) return false;
  told.callsInJobs.push((called.body as { call_id: string }).call_id);
  const done = await post(server, `/api/jobs/${job_id}/complete`, { status: "completed" });
  if (!done) return false;
  told.completedJobs.push(job_id);
  return true;
}

interface Server {
  apiUrl: string;
  key: string;
}

/** Undefined once the server is gone; an answer that refuses is a failure of the test. */
async function post({ apiUrl, key }: Server, path: string, body: object) {
  let text: string;
  let response: Response;
  try {
    response = await fetch(`${apiUrl}${path}`, {
      method: "POST",
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    text = await response.text();
  } catch {
    return undefined;
  }
  // Of a server whose database was killed a moment before itself.
  if (response.status === 503) return undefined;
  if (!response.ok) throw new Error(`${path} answered ${response.status}: ${text}`);
  return { headers: response.headers, body: JSON.parse(text) as unknown };
}
