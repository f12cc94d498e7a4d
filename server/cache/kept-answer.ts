import type { TokenUsage } from "../pricing/cost.ts";

/** A whole answer, kept for equal requests. */
export interface KeptAnswer {
  /** When it was given; the database's time. */
  atMs: number;
  /** What teams may see of it: OpenAI's fields. Id and model are those of the call that gets it. */
  content: Readonly<Record<string, unknown>>;
  /** What the call that brought it used, which is what `cache_hits: full` charges for. */
  usage: TokenUsage | undefined;
  /** Nano-dollars that call cost; undefined = its price was not known. */
  costNanos: bigint | undefined;
  /** The LiteLLM model that answered. Never shown to teams. */
  target: string | undefined;
  finishReason: string | undefined;
}

/** As it is stored. */
interface Stored extends Pick<KeptAnswer, "atMs" | "content"> {
  usage?: TokenUsage;
  costNanos?: string;
  target?: string;
  finishReason?: string;
}

export function toBytes({ costNanos, ...answer }: KeptAnswer): Uint8Array {
  return Buffer.from(JSON.stringify({ ...answer, costNanos: costNanos?.toString() }));
}

export function fromBytes(bytes: Uint8Array): KeptAnswer {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("utf8");
  const { atMs, content, usage, costNanos, target, finishReason } = JSON.parse(text) as Stored;
  return {
    ...{ atMs, content, usage, target, finishReason },
    costNanos: costNanos === undefined ? undefined : BigInt(costNanos),
  };
}
