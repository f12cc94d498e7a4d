import { CliError } from "../cli-error.ts";

interface Completion {
  summary: { total_calls: number; total_tokens: number };
  billing: { credits_charged: number; credits_remaining: number };
}

/** What an integrator's program does, step by step, with the time that each step took. */
export class TeamClient {
  readonly #apiUrl: string;
  readonly #key: string;

  constructor(apiUrl: string, key: string) {
    this.#apiUrl = apiUrl;
    this.#key = key;
  }

  async createJob(type: string): Promise<{ jobId: string; ms: number }> {
    const { answer, ms } = await this.#json<{ job_id: string }>("create", { job_type: type });
    return { jobId: answer.job_id, ms };
  }

  async call(jobId: string, text: string): Promise<{ callId: string; ms: number }> {
    const { answer, ms } = await this.#json<{ call_id: string }>(`${jobId}/llm-call`, {
      messages: [{ role: "user", content: text }],
    });
    return { callId: answer.call_id, ms };
  }

  async stream(jobId: string, text: string) {
    const started = performance.now();
    const response = await this.#post(`${jobId}/llm-call-stream`, {
      messages: [{ role: "user", content: text }],
    });
    let chunks = 0;
    let firstMs = Number.NaN;
    let rest = "";
    for await (const part of response.body!.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + part).split("\n");
      rest = lines.pop() ?? "";
      const data = lines.filter((line) => line.startsWith("data: {"));
      if (data.length > 0 && chunks === 0) firstMs = performance.now() - started;
      chunks += data.length;
    }
    const callId = response.headers.get("x-call-id") ?? "";
    return { callId, chunks, firstMs, ms: performance.now() - started };
  }

  async complete(jobId: string): Promise<Completion & { ms: number }> {
    const { answer, ms } = await this.#json<Completion>(`${jobId}/complete`, {
      status: "completed",
    });
    return { ...answer, ms };
  }

  async #json<Answer>(path: string, body: object): Promise<{ answer: Answer; ms: number }> {
    const started = performance.now();
    const response = await this.#post(path, body);
    const answer = (await response.json()) as Answer;
    return { answer, ms: performance.now() - started };
  }

  async #post(path: string, body: object): Promise<Response> {
    const response = await fetch(`${this.#apiUrl}/api/jobs/${path}`, {
      method: "POST",
      headers: { authorization: `Bearer ${this.#key}`, "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    if (response.ok) return response;
    throw new CliError(`${path} answered ${response.status}: ${await response.text()}`);
  }
}
