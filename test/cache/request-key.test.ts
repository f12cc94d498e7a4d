import fc from "fast-check";
import { expect, test } from "vitest";
import { type KeyedRequest, requestKey } from "../../server/cache/request-key.ts";

const alias = { id: "019aaf3c-6a80-7c11-9d1b-2f9d1b6d2a10", version: 1, gatewayName: "chat" };
const parameters = {
  messages: [
    { role: "system", content: "Be short." },
    { role: "user", content: [{ type: "text", text: "Hello" }] },
  ],
  temperature: 1,
  max_tokens: 100,
};
const key = (more: Partial<KeyedRequest> = {}) =>
  requestKey({ teamId: "acme", alias, endpoint: "chat", parameters, ...more });

/** The same value with the fields of every object in another order. */
function shuffled(value: unknown, turn: number): unknown {
  if (Array.isArray(value)) return value.map((item) => shuffled(item, turn));
  if (typeof value !== "object" || value === null) return value;
  const fields = Object.entries(value).map(([name, field]) => [name, shuffled(field, turn)]);
  const at = fields.length === 0 ? 0 : turn % fields.length;
  return Object.fromEntries([...fields.slice(at), ...fields.slice(0, at)].reverse());
}

const fields = fc.dictionary(fc.string(), fc.jsonValue(), { noNullPrototype: true });

test("is the same for the same request in whatever order its fields stand", () => {
  fc.assert(
    fc.property(fields, fc.nat(), (asked, turn) => {
      const other = shuffled(asked, turn) as typeof asked;
      expect(key({ parameters: other })).toBe(key({ parameters: asked }));
    }),
  );
});

test("differs for requests that differ in anything that goes upstream", () => {
  fc.assert(
    fc.property(fields, fields, (one, other) => {
      fc.pre(!("user" in one) && !("user" in other));
      fc.pre(JSON.stringify(sorted(one)) !== JSON.stringify(sorted(other)));
      expect(key({ parameters: one })).not.toBe(key({ parameters: other }));
    }),
  );
});

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.entries(value)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, field]) => [name, sorted(field)]);
}

test.each([
  ["the order of messages", { messages: [...parameters.messages].reverse() }],
  ["a parameter more", { seed: 1 }],
  ["a sampling parameter", { temperature: 0 }],
  ["how many choices", { n: 2 }],
  ["tools", { tools: [{ type: "function", function: { name: "look" } }] }],
  ["the form of the answer", { response_format: { type: "json_object" } }],
])("differs by %s", (_, more) => {
  expect(key({ parameters: { ...parameters, ...more } })).not.toBe(key());
});

test("goes by what a number is, not by how it is written", () => {
  const written = (text: string) => key({ parameters: JSON.parse(text) as object as never });
  expect(written('{"temperature": 1.0}')).toBe(written('{"temperature": 1}'));
  expect(written('{"seed": 1e3}')).toBe(written('{"seed": 1000}'));
});

test("does not go by who asks within the team", () => {
  const aside = { user: "u-1", safety_identifier: "s", prompt_cache_key: "k" };
  expect(key({ parameters: { ...parameters, ...aside } })).toBe(key());
  // A response repeats them.
  expect(key({ endpoint: "responses", parameters: { ...parameters, ...aside } })).not.toBe(
    key({ endpoint: "responses" }),
  );
});

test.each([
  ["team", { teamId: "other" }],
  ["version of the alias", { alias: { ...alias, version: 2 } }],
  ["alias of the same name", { alias: { ...alias, id: "019aaf3c-0000-7c11-9d1b-2f9d1b6d2a10" } }],
  ["targets of an organization's own", { alias: { ...alias, gatewayName: "chat/acme" } }],
  ["endpoint", { endpoint: "embeddings" }],
])("differs by %s", (_, more) => {
  expect(key(more)).not.toBe(key());
});
