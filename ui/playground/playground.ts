import { useEffect, useRef, useState } from "preact/hooks";
import { ApiError, at, newKey } from "../api.ts";
import { kit } from "../strings/kit.ts";

export interface Ask {
  teamId: string;
  model: string;
  system: string;
  message: string;
  temperature: number | undefined;
  maxTokens: number | undefined;
  stream: boolean;
}

/** What has come of a call so far. */
export interface Outcome {
  text: string;
  /** Known from the first byte on. */
  jobId: string | undefined;
  /** Why it ended early. */
  problem: ApiError | undefined;
}

interface Delivered {
  choices?: { delta?: { content?: string | null }; message?: { content?: string | null } }[];
  error?: { message?: string; code?: string };
}

/** Makes the call, and tells all that has come of it each time something comes. Ends without an error when `signal` stops it. */
async function call(
  ask: Ask,
  signal: AbortSignal,
  onOutcome: (outcome: Outcome) => void,
): Promise<void> {
  let outcome: Outcome = { text: "", jobId: undefined, problem: undefined };
  const tell = (change: Partial<Outcome>) => {
    outcome = { ...outcome, ...change };
    onOutcome(outcome);
  };
  try {
    const response = await fetch(at`/api/teams/${ask.teamId}/playground`, {
      method: "POST",
      headers: { "content-type": "application/json", "idempotency-key": newKey() },
      body: JSON.stringify(bodyOf(ask)),
      signal,
    });
    tell({ jobId: response.headers.get("x-job-id") ?? undefined });
    if (!response.ok) {
      const problem = (await response.json()) as { detail?: string; code?: string };
      tell({ problem: failure(response.status, problem.detail, problem.code) });
      return;
    }
    if (!ask.stream) {
      const { choices } = (await response.json()) as Delivered;
      tell({ text: choices?.[0]?.message?.content ?? "" });
      return;
    }
    for await (const { choices, error } of eventsOf(response)) {
      if (error) tell({ problem: failure(502, error.message, error.code) });
      const piece = choices?.[0]?.delta?.content;
      if (piece) tell({ text: outcome.text + piece });
    }
  } catch (cause) {
    if (signal.aborted) return;
    tell({
      problem: new ApiError(kit.noAnswer, {
        status: 0,
        code: "unreachable",
        cause,
      }),
    });
  }
}

const failure = (status: number, message = kit.answeredWith(status), code = `http_${status}`) =>
  new ApiError(message, { status, code });

function bodyOf({ model, system, message, temperature, maxTokens, stream }: Ask): object {
  const messages = [
    ...(system === "" ? [] : [{ role: "system", content: system }]),
    { role: "user", content: message },
  ];
  return {
    ...{ messages, stream },
    ...(model === "" ? {} : { model }),
    ...(temperature === undefined ? {} : { temperature }),
    ...(maxTokens === undefined ? {} : { max_completion_tokens: maxTokens }),
  };
}

/** The events of a stream of the OpenAI kind; comments and `[DONE]` are not among them. */
async function* eventsOf(response: Response): AsyncGenerator<Delivered> {
  if (!response.body) return;
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const frames = (rest + value).split("\n\n");
    rest = frames.pop() ?? "";
    for (const frame of frames) {
      const data = /^data: (.*)$/m.exec(frame)?.[1];
      if (data !== undefined && data !== "[DONE]") yield JSON.parse(data) as Delivered;
    }
  }
}

/** The call that is under way, or the last one; a new one takes its place. */
export function usePlayground() {
  const [outcome, setOutcome] = useState<Outcome>();
  const [running, setRunning] = useState(false);
  const [stopped, setStopped] = useState(false);
  const stopping = useRef<AbortController | undefined>(undefined);
  useEffect(() => () => stopping.current?.abort(), []);
  return {
    outcome,
    running,
    stopped,
    start(ask: Ask) {
      const controller = new AbortController();
      stopping.current = controller;
      setOutcome(undefined);
      setStopped(false);
      setRunning(true);
      void call(ask, controller.signal, setOutcome).then(() => {
        setRunning(false);
        setStopped(controller.signal.aborted);
      });
    },
    stop: () => stopping.current?.abort(),
  };
}
