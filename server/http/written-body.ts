import type { TSchema } from "@sinclair/typebox";
import { DomainError } from "../kernel/errors.ts";
import { amountPlaces } from "./amounts.ts";

type Holder = Record<string, unknown>;

/**
 * Puts the text that the client wrote in the place of every amount of a body that a JavaScript number does not tell digit by digit:
 * 12345678901234567890.123 would become another amount. A field given twice is refused wherever this looks,
 * since one of the two would be dropped without a word. Bodies without amounts cost nothing, unless `always`.
 * Throws `invalid_request`.
 */
export function keepWritten(
  schema: TSchema,
  body: { value: unknown; text: string },
  { always }: { always: boolean },
): void {
  const numbers = amountPlaces(schema).flatMap((place) => [...numbersAt(body.value, place, "")]);
  if (numbers.length === 0 && !always) return;
  const wanted = new Map(numbers.map((number) => [number.pointer, number]));
  for (const { pointer, text } of writtenNumbers(body.text)) {
    const number = wanted.get(pointer);
    if (number && String(number.holder[number.name]) !== text) {
      number.holder[number.name] = withoutSmallExponent(text);
    }
  }
}

interface FoundNumber {
  pointer: string;
  holder: Holder;
  name: string;
}

/** The numbers at a place; what is something else there is refused later, by the schema. */
function* numbersAt(
  value: unknown,
  [name, ...rest]: readonly string[],
  pointer: string,
): Generator<FoundNumber> {
  if (typeof value !== "object" || value === null || name === undefined) return;
  const holder = value as Holder;
  const names = name === "*" ? Object.keys(holder) : Object.hasOwn(holder, name) ? [name] : [];
  for (const each of names) {
    const there = `${pointer}/${each}`;
    if (rest.length > 0) yield* numbersAt(holder[each], rest, there);
    else if (typeof holder[each] === "number") yield { pointer: there, holder, name: each };
  }
}

interface Level {
  /** Undefined in a list. */
  names: Set<string> | undefined;
  /** The field or index that is being read; undefined between two fields. */
  at: string | undefined;
}

/** Texts, punctuation, and words without either: numbers, true, false, null. */
const token = /"[^"\\]*(?:\\.[^"\\]*)*"|[[\]{}:,]|[^\s[\]{}:,"]+/g;

/** Every number of a JSON text that has been parsed, with its place. Throws `invalid_request` for a name given twice. */
function* writtenNumbers(json: string): Generator<{ pointer: string; text: string }> {
  const levels: Level[] = [];
  for (const [text] of json.matchAll(token)) {
    const level = levels.at(-1);
    if (text === "{") levels.push({ names: new Set(), at: undefined });
    else if (text === "[") levels.push({ names: undefined, at: "0" });
    else if (text === "}" || text === "]") levels.pop();
    else if (text === ",") next(level!);
    else if (text.startsWith('"') && level?.names && level.at === undefined) open(levels, text);
    else if (/^[-\d]/.test(text)) yield { pointer: pointerOf(levels), text };
  }
}

function next(level: Level): void {
  level.at = level.names ? undefined : String(Number(level.at) + 1);
}

function open(levels: readonly Level[], text: string): void {
  const level = levels.at(-1)!;
  const name = JSON.parse(text) as string;
  level.at = name;
  if (!level.names!.has(name)) {
    level.names!.add(name);
    return;
  }
  const field = levels
    .map(({ names, at = "" }, depth) => (names ? `${depth === 0 ? "" : "."}${at}` : `[${at}]`))
    .join("")
    .slice(0, 200);
  const message = `${field} is given twice; a field may stand in its object once.`;
  throw new DomainError("invalid_request", message, {
    hints: { field, errors: [{ field, message }] },
  });
}

const pointerOf = (levels: readonly Level[]) => levels.map(({ at = "" }) => `/${at}`).join("");

/** Beyond any amount. */
const LARGEST_EXPONENT = 30;

/**
 * The same number without an exponent below 0: programs have no other way to write 0.00005 than 5e-05. One above 0 stays, and is
 * refused with the amount: no program needs it for what can be paid, and 1e5 is more likely a slip than an invoice.
 */
function withoutSmallExponent(text: string): string {
  const match = /^(-?)(\d+)(?:\.(\d+))?[eE]-(\d+)$/.exec(text);
  if (!match) return text;
  const [, sign = "", whole = "", fraction = "", power = ""] = match;
  const exponent = Number(power);
  if (exponent > LARGEST_EXPONENT) return text;
  const digits = `${"0".repeat(LARGEST_EXPONENT)}${whole}${fraction}`;
  const point = LARGEST_EXPONENT + whole.length - exponent;
  const head = digits.slice(0, point).replace(/^0+(?=\d)/, "");
  const tail = digits.slice(point).replace(/0+$/, "");
  return `${sign}${head || "0"}${tail === "" ? "" : `.${tail}`}`;
}
