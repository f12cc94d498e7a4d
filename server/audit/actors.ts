import type { Drizzle } from "../../db/client.ts";
import { isUuid } from "../kernel/ids.ts";
import { selectActorNames } from "./store.ts";

/** What was done by somebody, and what people call them: the e-mail of an account, the name of a token or a key; null = of none. */
export type Named<Item extends { actor: string }> = Item & { actor_name: string | null };

/** Adds the names of those who did it, with one statement for all; also of accounts, tokens and keys that are gone. */
export async function withActorNames<Item extends { actor: string }>(
  drizzle: Drizzle,
  items: readonly Item[],
): Promise<Named<Item>[]> {
  const ids = new Set<string>();
  for (const { actor } of items) {
    const id = actor.slice(actor.indexOf(":") + 1);
    if (isUuid(id)) ids.add(id);
  }
  const names = ids.size === 0 ? new Map<string, string>() : await namesOf(drizzle, [...ids]);
  return items.map((item) => ({ ...item, actor_name: names.get(item.actor) ?? null }));
}

async function namesOf(drizzle: Drizzle, ids: string[]): Promise<Map<string, string>> {
  const rows = await selectActorNames(drizzle, ids);
  return new Map(rows.map(({ actor, name }) => [actor, name]));
}
