import { DomainError } from "../kernel/errors.ts";
import type { GatewayState } from "./upstream.ts";

/** Installing takes half a minute with pip. */
const INSTALLING_RETRY_SECONDS = 15;
const FAILED_RETRY_SECONDS = 30;
const SOON_RETRY_SECONDS = 2;

/** How long a call waits for a config that is being rolled out. */
export const WAIT_MS = 30_000;
/** How long it waits for an alias that no config has yet: the one that brings it may be on its way from the database. */
export const WAIT_UNKNOWN_MS = 2_000;

/** Why a call cannot be served in this state, when waiting is of no use; the texts are a team's to read, and those of `/health`. */
export function hopeless(state: GatewayState): DomainError | undefined {
  if (state === "installing") {
    return new DomainError("gateway_installing", "The gateway to the models is being installed.", {
      retryAfterSeconds: INSTALLING_RETRY_SECONDS,
    });
  }
  if (state === "failed") {
    return unavailable(
      "The gateway to the models is down and needs its operator.",
      FAILED_RETRY_SECONDS,
    );
  }
  return state === "stopped"
    ? unavailable("The gateway to the models is stopped.", FAILED_RETRY_SECONDS)
    : undefined;
}

/** The wait for a place is over. */
export const notInTime = () =>
  unavailable("The gateway to the models did not become ready in time.", SOON_RETRY_SECONDS);

/** The newest config is served and does not have the alias, or its target was not accepted. */
export const notServed = () =>
  unavailable("The model is not available at the moment.", FAILED_RETRY_SECONDS);

function unavailable(detail: string, retryAfterSeconds: number): DomainError {
  return new DomainError("gateway_unavailable", detail, { retryAfterSeconds });
}
