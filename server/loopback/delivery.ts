import type { Frames } from "./chat.ts";
import type { Exchange } from "./exchange.ts";
import type { Script } from "./script.ts";

const encoder = new TextEncoder();
/** Cut short, so that no reader takes it for JSON. */
const MALFORMED = '{"id":"chatcmpl-malformed","choices":[{"del';

/**
 * How long a connection stays up before it is cut. A broken connection takes what was sent just before it along, and a
 * stream that is cut after three chunks is to have delivered three.
 */
const ARRIVAL_MS = 25;

/** Breaks a connection all the same, while Bun would write any reason to standard error. */
const NO_REASON = undefined;

/** Answers with JSON, whole, malformed, or broken in its middle. */
export function deliverJson(
  exchange: Exchange,
  answer: object,
  script: Script,
  headers: Readonly<Record<string, string>>,
): Response {
  const all = { "content-type": "application/json", ...headers };
  const bytes = encoder.encode(script.malformed ? MALFORMED : JSON.stringify(answer));
  exchange.sent(bytes.length);
  if (script.cut_after_chunks === undefined) {
    exchange.end();
    return new Response(bytes, { headers: all });
  }
  return new Response(broken(exchange, bytes.subarray(0, bytes.length >> 1)), { headers: all });
}

/** Answers with Server-Sent Events at the script's pace. */
export function deliverStream(
  exchange: Exchange,
  frames: Frames,
  script: Script,
  headers: Readonly<Record<string, string>>,
): Response {
  const steps = stepsOf(frames, script);
  let at = 0;
  const stream = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        // A pull that leaves nothing behind is not repeated, so pauses are taken on the way to the next frame.
        for (;;) {
          const step = exchange.left ? undefined : steps[at];
          at += 1;
          if (step === undefined) {
            exchange.end();
            controller.close();
            return;
          }
          if (step.kind === "cut") {
            await exchange.pause(ARRIVAL_MS);
            exchange.end();
            controller.error(NO_REASON);
            return;
          }
          if (step.kind === "frame") {
            const bytes = encoder.encode(step.frame);
            exchange.sent(bytes.length);
            controller.enqueue(bytes);
            return;
          }
          if (step.kind === "pause") await exchange.pause(step.milliseconds);
          else await exchange.hold(step.gate);
        }
      },
      cancel() {
        exchange.abort();
      },
    },
    { highWaterMark: 0 },
  );
  return new Response(stream, {
    headers: { "content-type": "text/event-stream", "cache-control": "no-cache", ...headers },
  });
}

type Step =
  | { kind: "frame"; frame: string }
  | { kind: "pause"; milliseconds: number }
  | { kind: "hold"; gate: string }
  | { kind: "cut" };

/** The stream as a list of steps, so that the delivery itself decides nothing. */
function stepsOf(frames: Frames, script: Script): Step[] {
  if (script.cut_after_frames !== undefined) return cutAfter(frames, script.cut_after_frames);
  const steps: Step[] = [];
  const holdAfter = script.hold === undefined ? 0 : (script.hold_after_chunks ?? 0);
  const frame = (text: string) => steps.push({ kind: "frame", frame: text });
  const interval = script.chunk_interval_ms ?? 0;
  frame(frames.head.join(""));
  for (const [index, text] of frames.text.entries()) {
    if (script.cut_after_chunks === index) steps.push({ kind: "cut" });
    const silentMs = index === 0 ? (script.first_chunk_ms ?? 0) : interval;
    if (silentMs > 0) steps.push({ kind: "pause", milliseconds: silentMs });
    frame(text);
    if (script.malformed && index === 0) frame(`data: ${MALFORMED}\n\n`);
    if (script.hold !== undefined && holdAfter === index + 1) {
      steps.push({ kind: "hold", gate: script.hold });
    }
  }
  if ((script.cut_after_chunks ?? -1) >= frames.text.length) steps.push({ kind: "cut" });
  frame(frames.tail.join(""));
  return steps;
}

function cutAfter({ head, text, tail }: Frames, count: number): Step[] {
  const frames = [...head, ...text, ...tail].slice(0, count);
  return [...frames.map((frame) => ({ kind: "frame" as const, frame })), { kind: "cut" }];
}

/** A body that ends with a broken connection. */
function broken(exchange: Exchange, beginning: Uint8Array): ReadableStream<Uint8Array> {
  let begun = false;
  return new ReadableStream({
    async pull(controller) {
      if (!begun) {
        begun = true;
        controller.enqueue(beginning);
        return;
      }
      await exchange.pause(ARRIVAL_MS);
      exchange.end();
      controller.error(NO_REASON);
    },
  });
}
