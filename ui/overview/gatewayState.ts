import type { Status } from "../../server/admin/schema.ts";
import type { Tone } from "../base/badge.tsx";

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

export const gatewayModes: Record<Gateway["mode"], string> = {
  managed: "Managed",
  binary: "Own binary",
  external: "External",
};

/** What the gateway is doing, in one sentence; undefined when its state says it all. */
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
    case "installing":
    case "ready":
    case "failed":
      return undefined;
  }
}
