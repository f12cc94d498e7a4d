import { kit } from "../strings/kit.ts";

/** Who did something, as answers tell it. */
interface Actor {
  actor: string;
  actor_name: string | null;
}

/** What people call whoever did it: an e-mail address, a named token or key, the server or a command on it. */
export function actorName({ actor, actor_name: name }: Actor): string {
  if (actor === "cli") return kit.commands;
  if (actor === "system") return kit.server;
  if (name === null) return actor;
  if (actor.startsWith("api-token:")) return kit.token(name);
  return actor.startsWith("key:") ? kit.key(name) : name;
}
