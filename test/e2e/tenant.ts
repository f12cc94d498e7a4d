import { answerOf, requestOf, type TestAnswer } from "../harness.ts";
import type { Executable } from "./executable.ts";

/** A team with credits and a key, made by the CLI as an operator makes it. */
export interface Tenant {
  teamId: string;
  key: string;
  /** Sends JSON with the team's key and reads the answer whole. Headers given here win. */
  send<Body = Record<string, unknown>>(
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<TestAnswer<Body>>;
}

/** Runs a command of the server's CLI that has to succeed, and returns its JSON. */
export async function run<T>(server: Executable, ...words: string[]): Promise<T> {
  const result = await server.cli(...words, "--json");
  if (result.code !== 0) throw new Error(`${words.join(" ")} failed: ${result.stderr}`);
  return result.json<T>();
}

/** Adds a model of the loopback provider, at 1 and 2 USD per million tokens as the stand-in for a gateway books it. */
export async function addModel(
  server: Executable,
  alias: string,
  ...more: string[]
): Promise<void> {
  const price = ["--input-price", "1", "--output-price", "2"];
  await run(server, "model", "add", alias, "--model", "openai/loopback-chat", ...price, ...more);
}

export async function createTenant(server: Executable, name = "Support"): Promise<Tenant> {
  const { organization_id } = await run<{ organization_id: string }>(server, "org", "create", name);
  const { team_id: teamId, key } = await run<{ team_id: string; key: string }>(
    server,
    ...["team", "create", name, "--org", organization_id, "--credits", "100"],
  );
  return { teamId, key, send: sender(server.apiUrl, key) };
}

/** A client of the team API; another instance of the same service takes the same key. */
export function sender(apiUrl: string, key: string): Tenant["send"] {
  return async <Body>(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ) => {
    const message = { body, headers: { authorization: `Bearer ${key}`, ...headers } };
    return answerOf<Body>(await fetch(requestOf(method, `${apiUrl}${path}`, message)));
  };
}

/** A message whose text scripts the loopback provider's answer. */
export function scripted(script: object, text = "Say hello.") {
  return { messages: [{ role: "user", content: `${text} #loopback ${JSON.stringify(script)}` }] };
}

/** The data of each event of a stream, in order. */
export function eventsOf(text: string): string[] {
  return text
    .split("\n\n")
    .filter((event) => event.startsWith("data: "))
    .map((event) => event.slice("data: ".length));
}

/** The pieces of text in a stream, one for each chunk that has choices. */
export function piecesOf(text: string): string[] {
  return eventsOf(text)
    .filter((data) => data !== "[DONE]")
    .map((data) => JSON.parse(data) as { choices?: { delta?: { content?: string } }[] })
    .filter(({ choices }) => (choices?.length ?? 0) > 0)
    .map(({ choices }) => choices?.[0]?.delta?.content ?? "");
}
