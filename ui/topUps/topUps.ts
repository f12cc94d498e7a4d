import type { Static } from "@sinclair/typebox";
import type {
  TopUpBatch,
  TopUpBatchCreate,
  TopUpBatchCreated,
  TopUpBatchDetail,
} from "../../server/credits/top-up-schema.ts";
import { at, type Parameters, post } from "../api.ts";
import type { Page } from "../base/dataTable.tsx";
import { type Read, useChange, useRead } from "../query.ts";
import { topUps as words } from "../strings/topUps.ts";

const refreshes = ["/api/top-up-batches", "/api/audit"];

export function useBatches(parameters: Parameters): Read<Page<TopUpBatch>> {
  return useRead("/api/top-up-batches", { parameters: { limit: 50, ...parameters } });
}

/** A batch with a page of its codes. */
export function useBatch(batchId: string, parameters: Parameters): Read<TopUpBatchDetail> {
  return useRead(at`/api/top-up-batches/${batchId}`, {
    parameters: { limit: 50, ...parameters },
    pollMs: 15_000,
  });
}

export type CreatedBatch = Static<typeof TopUpBatchCreated>;

export function useBatchCreation(onDone: (created: CreatedBatch) => void) {
  return useChange({
    send: (input: Static<typeof TopUpBatchCreate>, sending) =>
      post<CreatedBatch>("/api/top-up-batches", input, sending),
    refreshes,
    onDone,
  });
}

export function useCodeRevocation(batchId: string, onDone: () => void) {
  return useChange({
    send: (codeId: string, sending) =>
      post(at`/api/top-up-batches/${batchId}/codes/${codeId}/revoke`, {}, sending),
    refreshes,
    done: words.revoked,
    onDone,
  });
}
