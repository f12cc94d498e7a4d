import type { Status } from "../../server/admin/schema.ts";
import type { Tone } from "../base/badge.tsx";
import * as format from "../format.ts";

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
  managed: "Managed",
  binary: "Own binary",
  external: "External",
};

/** What the gateway is doing, in one sentence; undefined where its progress or its problem says it. */
export function gatewayNote(gateway: Gateway): string | undefined {
  switch (gateway.state) {
    case "waiting":
      return "Starts once the database is ready.";
    case "starting":
      return "LiteLLM is starting; calls get 503 with Retry-After until it is ready.";
    case "restarting":
      return "LiteLLM stopped unexpectedly and is being started again.";
    case "updating":
      return "New models are being rolled out; calls go on meanwhile.";
    case "stopped":
      return "The gateway was stopped with the server.";
    case "ready":
      return gateway.served_config === null
        ? "No model configuration is served yet."
        : `Serves configuration ${format.count(gateway.served_config)}.`;
    case "installing":
    case "failed":
      return undefined;
  }
}
