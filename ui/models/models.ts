import type { BookModelView, PriceBookView } from "../../server/admin/schema.ts";
import type { CredentialView } from "../../server/models/credential-schema.ts";
import type { ModelView } from "../../server/models/schema.ts";
import { at, patch, remove, type Parameters } from "../api.ts";
import type { Page } from "../base/dataTable.tsx";
import type { Choice } from "../base/select.tsx";
import * as format from "../format.ts";
import { useChange, useRead, type Read } from "../query.ts";
import { models as words } from "../strings/models.ts";

export type { ModelView };
export type TargetView = ModelView["targets"][number];

/** What a change of a model makes old. */
export const refreshedByModels = ["/api/models", "/api/groups", "/api/credentials", "/api/status"];

export const useModels = (parameters: Parameters): Read<Page<ModelView>> =>
  useRead<Page<ModelView>>("/api/models", { parameters });

export const useModel = (alias: string): Read<ModelView> =>
  useRead<ModelView>(at`/api/models/${alias}`);

/** Credentials to choose from, `""` for none. */
export function useCredentialChoices(): Choice[] {
  const { data } = useRead<Page<CredentialView>>("/api/credentials", {
    parameters: { limit: 200 },
  });
  return [
    { value: "", label: words.noCredential },
    ...(data?.data ?? []).map(({ credential_id: value, name, organization_id: owner }) => ({
      value,
      label: name,
      ...(owner ? { note: owner } : {}),
    })),
  ];
}

/** The model as the price book has it; `known` false = the book cannot be read yet. */
export function useBookModel(model: string): { entry: BookModelView | undefined; known: boolean } {
  const { data } = useRead<PriceBookView>("/api/price-book", {
    parameters: { search: model, limit: 200 },
    enabled: model !== "",
  });
  return { entry: data?.data.find((one) => one.model === model), known: data?.known ?? true };
}

/** A choice of the price book, with what the model costs there. */
export const bookChoice = ({ model, input_price: input, output_price: output }: BookModelView) => ({
  value: model,
  label: model,
  note: words.bookPrice(format.usd(input), format.usd(output)),
});

export const useSwitchModel = (onDone: (model: ModelView) => void = () => {}) =>
  useChange({
    send: ({ alias, status }: Pick<ModelView, "alias" | "status">, sending) =>
      patch<ModelView>(at`/api/models/${alias}`, { status }, sending),
    refreshes: refreshedByModels,
    done: ({ alias, status }) =>
      status === "active" ? words.enabled(alias) : words.disabled(alias),
    onDone,
  });

export const useDeleteModel = (onDone: () => void) =>
  useChange({
    send: ({ alias }: Pick<ModelView, "alias">, sending) =>
      remove(at`/api/models/${alias}`, {}, sending),
    refreshes: refreshedByModels,
    done: (_, { alias }) => words.removed(alias),
    onDone,
  });

/** What stands first for calls; the others are told by how many they are. */
export function firstTarget({ targets }: ModelView): TargetView | undefined {
  return targets.toSorted((one, other) => one.order - other.order)[0];
}
