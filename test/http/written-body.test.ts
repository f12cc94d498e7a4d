import { Type } from "@sinclair/typebox";
import { describe, expect, test } from "vitest";
import { amount } from "../../server/http/amounts.ts";
import { validated, validatedQuery } from "../../server/http/validation.ts";
import { keepWritten } from "../../server/http/written-body.ts";
import { creditsToMicros } from "../../server/kernel/money.ts";

const schema = Type.Object({
  credits: Type.Optional(amount()),
  limit: Type.Optional(Type.Union([amount({ minimum: 0 }), Type.Null()])),
  count: Type.Optional(Type.Integer()),
  note: Type.Optional(Type.Unknown()),
  tiers: Type.Optional(Type.Array(Type.Object({ price: amount() }))),
  types: Type.Optional(Type.Record(Type.String(), amount())),
});

function read(text: string, always = true): Record<string, unknown> {
  const value = JSON.parse(text) as Record<string, unknown>;
  keepWritten(schema, { value, text }, { always });
  return validated(schema, value);
}

describe("amounts keep the digits that were sent", () => {
  test.each([
    ['{"credits": 0.1}', { credits: 0.1 }],
    ['{"credits": "0.1"}', { credits: "0.1" }],
    ['{"credits": 1e3}', { credits: "1e3" }],
    ['{"credits": 12.50E+1}', { credits: "12.50E+1" }],
    ['{"credits": -5e-05}', { credits: "-0.00005" }],
    ['{"credits": 1250.5E-2}', { credits: "12.505" }],
    ['{"credits": 1e-9}', { credits: 1e-9 }],
    ['{"credits": 1.50}', { credits: "1.50" }],
    ['{"credits": 12345678901234567890.123}', { credits: "12345678901234567890.123" }],
    ['{"credits": 1e400}', { credits: "1e400" }],
    ['{"credits": 0.1000000000000000055}', { credits: "0.1000000000000000055" }],
    ['{"limit": 1.0, "count": 1.0, "note": 1.0}', { limit: "1.0", count: 1, note: 1 }],
    ['{"limit": null}', { limit: null }],
    [
      '{"note": {"credits": 1.0, "}": "[,1.0"}, "tiers": [{"price": 1}, {"price": 2.0}]}',
      { note: { credits: 1, "}": "[,1.0" }, tiers: [{ price: 1 }, { price: "2.0" }] },
    ],
    [
      '{"types": {"a \\" b": 1.10, "c": "2", "\\u0064": 3.0}}',
      { types: { 'a " b': "1.10", c: "2", d: "3.0" } },
    ],
  ])("%s", (text, value) => {
    expect(read(text)).toEqual(value);
  });

  test("a query keeps them as text", () => {
    const query = Type.Object({ min: amount({ minimum: 0 }) });
    const parameters = new URLSearchParams("min=0.10000000000000000001");
    expect(validatedQuery(query, parameters)).toEqual({ min: "0.10000000000000000001" });
    expect(() => validatedQuery(query, new URLSearchParams("min=-1"))).toThrow(
      'min is "-1"; it must be an amount such as 12.5, 0 or more.',
    );
  });

  test("what is refused is quoted as it was sent", () => {
    const { credits } = read('{"credits": 12345678901234567890.123}') as { credits: string };
    expect(() => creditsToMicros(credits)).toThrow(
      "credits is 12345678901234567890.123; it must be at most 15 significant digits.",
    );
    for (const written of ["1e3", "12.5E0", "1e+5", "1e400", "1e-400"]) {
      const { credits: exponent } = read(`{"credits": ${written}}`) as { credits: string };
      expect(() => creditsToMicros(exponent)).toThrow(
        `credits is ${written}; it must be a plain decimal number such as 12.5.`,
      );
    }
    expect(() => read('{"credits": true}')).toThrow("credits is true; it must be an amount");
  });
});

describe("a field given twice is refused", () => {
  test.each([
    ['{"credits": 1, "credits": 2}', "credits"],
    ['{"count": 1, "c\\u006funt": 2}', "count"],
    ['{"note": [{}, {"a": {"b": 1, "b": 1}}]}', "note[1].a.b"],
  ])("%s", (text, field) => {
    expect(() => read(text)).toThrow(
      `${field} is given twice; a field may stand in its object once.`,
    );
  });

  test("but not looked for where no amount is sent, unless always", () => {
    expect(read('{"count": 1, "count": 2}', false)).toEqual({ count: 2 });
    expect(() => read('{"count": 1, "count": 2, "credits": 1}', false)).toThrow("twice");
  });
});

test("a body of a hundred thousand fields and a text of megabytes are looked through", () => {
  const fields = Array.from({ length: 100_000 }, (_, index) => `"f${index}": 1.0`).join(", ");
  const text = `{"note": {${fields}, "text": "${"x".repeat(9_000_000)}"}, "types": {"long": 1.0}, "count": 1}`;
  expect(read(text)).toMatchObject({ types: { long: "1.0" } });
});
