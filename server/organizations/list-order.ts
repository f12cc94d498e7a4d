import type { ListSort } from "./schema.ts";

/** The column and direction that a `sort` names; by name without one. */
export function listOrder(sort: ListSort = "name"): {
  by: "name" | "createdAt";
  descending: boolean;
} {
  return {
    by: sort.endsWith("name") ? "name" : "createdAt",
    descending: sort.startsWith("-"),
  };
}
