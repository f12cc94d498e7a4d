import type { TSchema } from "@sinclair/typebox";
import type { ErrorCode } from "../kernel/errors.ts";

export const operation = (o: {
  tag: string;
  summary: string;
  answers: Readonly<Record<number, TSchema | undefined>>;
  problems?: readonly ErrorCode[];
  open?: boolean;
}) => ({ detail: { tags: [o.tag], summary: o.summary } });
