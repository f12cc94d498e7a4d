import type { ApiError } from "../api.ts";
import { ConflictError } from "../api.ts";
import { Button } from "./button.tsx";
import { WarningIcon } from "./icons.tsx";
import { kit } from "../strings/kit.ts";

/**
 * Why a form was not accepted, as far as no single field says it. A conflict offers to read the newer state; what was typed
 * stays until then.
 */
export function FormProblem({
  error,
  onReload,
}: {
  error: ApiError | undefined;
  /** Reads what somebody else saved meanwhile. */
  onReload?: () => void;
}) {
  return (
    <div role="alert" class={error ? "" : "hidden"}>
      {error && (
        <div class="flex gap-2 rounded-control bg-bad-soft px-3 py-2 text-bad">
          <WarningIcon class="mt-0.5" />
          <div class="min-w-0 flex-1">
            <p class="break-words">{error.message}</p>
            <p class="font-mono text-11 break-all">
              {error.code}
              {error.requestId && ` · ${error.requestId}`}
            </p>
            {onReload && error instanceof ConflictError && (
              <div class="mt-2">
                <Button size="small" onClick={onReload}>
                  {kit.showNewer}
                </Button>
              </div>
            )}
          </div>
        </div>
      )}
    </div>
  );
}
