import { expect, test } from "vitest";
import { MOST_FIELDS, MOST_VALUES } from "../../server/http/body-counts.ts";
import { readJsonBody } from "../../server/http/body.ts";
import { DomainError } from "../../server/kernel/errors.ts";

/** What a body of any size within 10 MB is read as. */
const parsed = (body: string) =>
  readJsonBody(
    new Request("http://localhost/", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body,
    }),
    { bytes: 10_000_000 },
  );

async function refusalOf(body: string): Promise<DomainError> {
  try {
    await parsed(body);
  } catch (error) {
    if (error instanceof DomainError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

const listed = (count: number) => `{"job_type":"x","metadata":{"a":[${"0,".repeat(count - 1)}0]}}`;
const named = (count: number) =>
  `{"job_type":"x","metadata":{${Array.from({ length: count }, (_, index) => `"${index}":0`).join(",")}}}`;

test.each([
  ["values", listed(MOST_VALUES), MOST_VALUES],
  ["lists", `{"a":[${"[],".repeat(MOST_VALUES)}[]]}`, MOST_VALUES],
  ["fields", named(MOST_FIELDS), MOST_FIELDS],
])("a body of more %s than the limit is refused before it is parsed", async (_, text, limit) => {
  // What is left out at the end would be told first, were it parsed.
  const { message, hints } = await refusalOf(text.slice(0, -1));
  expect(message).toContain(`more than ${limit} `);
  expect(hints).toMatchObject({ field: "body", limit });
});

test("values within the limit are taken, and what stands in texts does not count", async () => {
  // Each object and list counts as a value as well.
  expect(await parsed(listed(MOST_VALUES - 5))).toMatchObject({ job_type: "x" });
  const text = '\\",[{'.repeat(MOST_VALUES);
  expect(await parsed(JSON.stringify({ text }))).toEqual({ text });
});
