import { Type } from "@sinclair/typebox";
import { expect, test } from "vitest";
import { validated, validatedQuery } from "../../server/http/validation.ts";
import { DomainError } from "../../server/kernel/errors.ts";

const schema = Type.Object(
  {
    name: Type.String({ minLength: 2, maxLength: 5 }),
    status: Type.Optional(Type.Union([Type.Literal("a"), Type.Literal("b"), Type.Literal("c")])),
    count: Type.Optional(Type.Integer({ minimum: 1, maximum: 9 })),
    at: Type.Optional(Type.String({ format: "date-time" })),
    slug: Type.Optional(Type.String({ pattern: "^[a-z]+$", said: "of lower-case letters" })),
    line: Type.Optional(
      Type.String({ maxLength: 9, pattern: "^[^\\n]*$", said: "without line breaks" }),
    ),
    secret: Type.Optional(Type.String({ writeOnly: true })),
    words: Type.Optional(Type.Array(Type.String(), { minItems: 1 })),
    ratio: Type.Optional(Type.Number({ minimum: 0, maximum: 1 })),
    lines: Type.Optional(
      Type.Array(Type.Object({ text: Type.Union([Type.String(), Type.Null()]) })),
    ),
    parts: Type.Optional(
      Type.Union([
        Type.Union([Type.String(), Type.Array(Type.Object({ type: Type.Literal("text") }))]),
        Type.Null(),
      ]),
    ),
  },
  { additionalProperties: false },
);

function refusal(run: () => unknown): DomainError {
  try {
    run();
  } catch (error) {
    if (error instanceof DomainError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

const messages = (value: unknown) => refusal(() => validated(schema, value)).message;

test("what the schema allows passes unchanged", () => {
  const value = { name: "abc", status: "a", count: 3, lines: [{ text: null, more: 1 }] };
  expect(validated(schema, value)).toBe(value);
});

test.each([
  [{}, "name is missing; it must be a text of 2 to 5 characters."],
  [{ name: 7 }, "name is 7; it must be a text of 2 to 5 characters."],
  [{ name: "x" }, 'name is "x"; it must be a text of 2 to 5 characters.'],
  [{ name: "abc", count: 10 }, "count is 10; it must be a whole number from 1 to 9."],
  [{ name: "abc", count: 1.5 }, "count is 1.5; it must be a whole number from 1 to 9."],
  [{ name: "abc", count: true }, "count is true; it must be a whole number from 1 to 9."],
  [{ name: "abc", ratio: -0.5 }, "ratio is -0.5; it must be a number from 0 to 1."],
  [{ name: "abc", words: [] }, "words is an empty list; it must be a list of at least 1 entry."],
  [
    { name: "abc", line: "a\nb" },
    'line is "a\\nb"; it must be a text of at most 9 characters, without line breaks.',
  ],
  [{ name: "abc", secret: 118 }, "secret is a number; it must be a text."],
  [
    { name: "abc", at: "now" },
    'at is "now"; it must be an instant of the calendar such as 2026-11-23T12:00:00Z.',
  ],
  [{ name: "abc", slug: "A" }, 'slug is "A"; it must be a text of lower-case letters.'],
  [{ name: "abc", status: "z" }, 'status is "z"; it must be one of "a", "b", "c".'],
  [{ name: "abc", lines: [{ text: 1 }] }, "lines[0].text is 1; it must be a text or null."],
  [
    { name: "abc", parts: [{ type: "text" }, { type: 5 }] },
    'parts[1].type is 5; it must be "text".',
  ],
  [{ name: "abc", parts: 5 }, "parts is 5; it must be a text or a list or null."],
  [[], "body is an empty list; it must be an object."],
  [null, "body is null; it must be an object."],
])("%j is refused with a sentence", (value, sentence) => {
  expect(messages(value)).toBe(sentence);
});

test("an unknown field is named, and the known ones with it", () => {
  expect(messages({ name: "abc", nmae: 1 })).toBe(
    "nmae is not a field of this request; its fields are name, status, count, at, slug, line, secret, words, ratio, lines, parts.",
  );
});

test("every wrong field is told, and no secret is repeated", () => {
  const error = refusal(() =>
    validated(schema, { name: "sk-secret-of-somebody", count: "sk-other" }),
  );
  expect(error.code).toBe("invalid_request");
  expect(error.hints["errors"]).toMatchObject([{ field: "name" }, { field: "count" }]);
  expect(JSON.stringify([error.message, error.hints])).not.toContain("sk-");
});

const query = Type.Object(
  { limit: Type.Optional(Type.Integer()), name: Type.Optional(Type.String()) },
  { additionalProperties: false },
);
const parsed = (text: string) => validatedQuery(query, new URLSearchParams(text));

test("query parameters become numbers only where numbers are wanted", () => {
  expect(parsed("limit=20&name=20")).toEqual({ limit: 20, name: "20" });
});

test.each(["limit=1.5", "limit=x", "limit=", "limt=1", "name=a&name=b", "name=%00", "__proto__=1"])(
  "the query %s is refused",
  (text) => {
    expect(refusal(() => parsed(text)).code).toBe("invalid_request");
  },
);

test.each(["2027-02-30T00:00:00Z", "2027-13-01T00:00:00Z", "2026-11-23T25:00:00Z"])(
  "%s is refused, not rolled over",
  (at) => {
    expect(messages({ name: "abc", at })).toBe(
      `at is "${at}"; it must be an instant of the calendar such as 2026-11-23T12:00:00Z.`,
    );
  },
);

test("what is said to a model is told by its size, a role as it is", () => {
  const Call = Type.Object({
    messages: Type.Array(
      Type.Object({
        role: Type.Union([Type.Literal("user"), Type.Literal("tool")]),
        content: Type.String({ maxLength: 3 }),
      }),
    ),
  });
  const wrong = { messages: [{ role: "usr", content: "private" }] };
  expect(refusal(() => validated(Call, wrong)).message).toBe(
    'messages[0].role is "usr"; it must be "user" or "tool". messages[0].content is a text of 7 characters; it must be a text of at most 3 characters.',
  );
});

test.each([
  [Type.Object({ api_key: Type.String({ maxLength: 2 }) }), { api_key: "opener" }],
  [Type.Object({ password: Type.String({ maxLength: 2 }) }), { password: "opener" }],
  [Type.Object({ code: Type.String({ maxLength: 2 }) }), { code: "opener" }],
  [Type.Object({ a: Type.String({ maxLength: 2, writeOnly: true }) }), { a: "opener" }],
  [Type.Object({ a: Type.String({ maxLength: 2 }) }), { a: "Bearer opener" }],
  [Type.Object({ a: Type.String({ maxLength: 2 }) }), { a: "opener".repeat(20) }],
])("%# is told by its size", (secret, value) => {
  const { message } = refusal(() => validated(secret, value));
  expect(message).toContain(" characters; it must be ");
  expect(message).not.toContain("opener");
});
