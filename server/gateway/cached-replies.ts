import type { BodyStore } from "../bodies/body-store.ts";
import { framesOf } from "../cache/chat-split.ts";
import type { ResponseCache } from "../cache/response-cache.ts";
import type { Context } from "../context.ts";
import { sealAnswer } from "../http/idempotency.ts";
import type { Booked, CachedBooking, CachedCall } from "./cached-booking.ts";
import { endpointForms } from "./endpoints.ts";
import { idHeaders, type JsonAnswer, type ShapeAnswer } from "./json-call.ts";
import { storedStream } from "./kept-frames.ts";
import type { StreamClient, StreamOrReplay } from "./stream-call.ts";

interface Parts {
  context: Context;
  booking: CachedBooking;
  cache: ResponseCache;
  bodies: Pick<BodyStore, "begin"> | undefined;
}

type Hit = Pick<CachedCall, "request" | "answer" | "startedMs">;
interface Ids {
  jobId: string;
  callId: string;
}

/** Answers a JSON request with an answer that is there already. */
export async function jsonHit(parts: Parts, hit: Hit, shape: ShapeAnswer): Promise<JsonAnswer> {
  const { context, booking, cache } = parts;
  const bodyFor = (ids: Ids) => shape(answerFor(hit, ids), ids);
  const booked = await booking.book({
    ...hit,
    stream: false,
    seal: (ids) => ({
      status: 200,
      sealed: sealAnswer(context.masterKey, {
        status: 200,
        body: bodyFor(ids),
        headers: hitHeaders(ids),
      }),
    }),
  });
  if ("replay" in booked) return booked;
  const { balance, charged, ...ids } = booked;
  record(parts, hit, booked);
  return {
    ...ids,
    body: bodyFor(ids),
    bytes: JSON.stringify(hit.answer.content).length,
    headers: { ...hitHeaders(ids), age: String(cache.ageOf(hit.answer)) },
    billed: balance === undefined ? undefined : { charged, balance },
  };
}

const encoder = new TextEncoder();

/** Answers a streamed request with an answer that is there already, all of it at once. */
export async function streamHit(
  parts: Parts,
  hit: Hit,
  client: Pick<StreamClient, "withUsage">,
): Promise<StreamOrReplay> {
  const { context, booking, cache } = parts;
  const bytesFor = (ids: Ids) => eventsOf(answerFor(hit, ids), client);
  const booked = await booking.book({
    ...hit,
    stream: true,
    seal: (ids) => ({
      status: 200,
      sealed: sealAnswer(context.masterKey, storedStream(hitHeaders(ids), bytesFor(ids))),
    }),
  });
  if ("replay" in booked) return booked;
  const { balance, callId, jobId } = booked;
  record(parts, hit, booked);
  return {
    ...{ callId, jobId, balance },
    headers: { ...hitHeaders(booked), age: String(cache.ageOf(hit.answer)) },
    body: new Blob([bytesFor(booked)]).stream(),
    settled: Promise.resolve(),
  };
}

function eventsOf(
  completion: Record<string, unknown>,
  client: Pick<StreamClient, "withUsage">,
): Uint8Array<ArrayBuffer> {
  const frames = framesOf(completion, client).map((frame) => JSON.stringify(frame));
  return encoder.encode([...frames, "[DONE]"].map((data) => `data: ${data}\n\n`).join(""));
}

/** The kept answer as that of this call. */
function answerFor({ request, answer }: Hit, { callId }: Ids): Record<string, unknown> {
  const { alias, endpoint, metadata } = request;
  const identity = { alias: alias.name, callId, metadata };
  return endpointForms[endpoint].forTeam({ ...answer.content }, identity);
}

const hitHeaders = (ids: Ids) => ({ ...idHeaders(ids), "x-cache": "hit" });

/** Stores what went in and out, where that is asked for. */
function record({ bodies }: Parts, hit: Hit, { callId }: Booked): void {
  const text = () => JSON.stringify(hit.request.parameters);
  const kept = bodies?.begin({ callId, request: text(), stream: false });
  kept?.received(JSON.stringify(answerFor(hit, { callId, jobId: "" })));
  kept?.end("succeeded");
}
