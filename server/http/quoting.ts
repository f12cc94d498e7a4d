import { Kind, type TSchema } from "@sinclair/typebox";

/** Longer texts say nothing more by being repeated. */
const LONGEST_QUOTE = 60;

/** Fields whose values prove or open something, by the name of the field itself. */
const secretName = /(?:^|_)(?:key|keys|secret|password|token|code|credential|authorization)$/i;
/** The beginnings of keys and tokens, here and at providers: one may have been put into the wrong field. */
const secretText = /^(?:sk-|slt-|pk-|bearer\b|basic\b|ghp_|eyJ)/i;
/** What people say to a model is nobody's to repeat into a log of errors. */
const saidToModels: ReadonlySet<string> = new Set(["messages", "input", "instructions", "prompt"]);

/** A refused text in quotes; undefined when it is long, may be a secret, or was said to a model. */
export function quotable(text: string, pointer: string, schema: TSchema): string | undefined {
  if (text.length > LONGEST_QUOTE || schema["writeOnly"] || secretText.test(text)) return undefined;
  const names = pointer.split("/").slice(1);
  if (names.some((name) => secretName.test(name) && !/^\d+$/.test(name))) return undefined;
  if (saidToModels.has(names[0] ?? "") && !isChoice(schema)) return undefined;
  return JSON.stringify(text);
}

/** Whether a schema takes one of a few words, such as the role of a message. */
function isChoice(schema: TSchema): boolean {
  if (schema[Kind] === "Literal") return true;
  return schema[Kind] === "Union" && (schema["anyOf"] as TSchema[]).every(isChoice);
}
