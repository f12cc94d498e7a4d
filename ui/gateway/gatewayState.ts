import type { Status } from "../../server/admin/schema.ts";
import type { Tone } from "../base/badge.tsx";
import * as format from "../format.ts";
import { gateway as words } from "../strings/gateway.ts";

type Gateway = Status["gateway"];

export const gatewayTones: Record<Gateway["state"], Tone> = {
  waiting: "idle",
  installing: "info",
  starting: "info",
  ready: "ok",
  updating: "info",
  restarting: "warn",
  failed: "bad",
  stopped: "idle",
};

export const childTones: Record<Gateway["children"][number]["state"], Tone> = {
  starting: "info",
  ready: "ok",
  draining: "warn",
  exited: "idle",
};

/** Whether what the gateway does now matters more than the jobs of the past. */
export function needsAttention({ state }: Gateway): boolean {
  return state === "installing" || state === "starting" || state === "failed";
}

export const gatewayModes: Record<Gateway["mode"], string> = {
  managed: words.managed,
  binary: words.ownBinary,
  external: words.external,
};

/** What the gateway is doing, in one sentence; undefined where its progress or its problem says it. */
export function gatewayNote(gateway: Gateway): string | undefined {
  switch (gateway.state) {
    case "waiting":
      return words.waitsForDatabase;
    case "starting":
      return "LiteLLM is starting; calls get 503 with Retry-After until it is ready.";
    case "restarting":
      return words.recovers;
    case "updating":
      return words.rollsOut;
    case "stopped":
      return words.stopped;
    case "ready":
      return gateway.served_config === null
        ? words.servesNone
        : words.serves(format.count(gateway.served_config));
    case "installing":
    case "failed":
      return undefined;
  }
}
