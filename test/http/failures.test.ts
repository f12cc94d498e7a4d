import { Type } from "@sinclair/typebox";
import { expect, test } from "vitest";
import { createHttpApp } from "../../server/http/http-app.ts";
import { publicOperation, Reply } from "../../server/http/operation.ts";
import { DomainError } from "../../server/kernel/errors.ts";
import { type Log, silentLog } from "../../server/kernel/log.ts";
import { until } from "../harness.ts";

interface Line {
  level: string;
  message: string;
  fields: Record<string, unknown>;
}

/** An app whose only operation does what the test says, and the lines that it logs. */
function appThat(handle: () => unknown) {
  const lines: Line[] = [];
  const write =
    (level: string): Log["info"] =>
    (message, fields) =>
      lines.push({ level, message, fields: { ...fields } });
  const log: Log = {
    ...silentLog,
    debug: write("debug"),
    info: write("info"),
    warn: write("warn"),
    error: write("error"),
  };
  const app = createHttpApp({
    operations: [
      publicOperation(
        "POST",
        "/things/:id",
        {
          operationId: "doThing",
          summary: "Do",
          description: "Does.",
          tag: "Things",
          params: { id: Type.String() },
          success: { description: "Done." },
        },
        handle,
      ),
    ],
    authenticate: {},
    bodyLimitBytes: 100,
    log,
    otherwise: () => Promise.resolve(undefined),
  });
  const send = (path = "/things/one") =>
    app.handle(
      new Request(`http://localhost${path}`, { method: "POST", headers: { "x-request-id": "r1" } }),
    );
  return { send, lines };
}

test("an unexpected error is logged with its cause, and nothing of it is told", async () => {
  const { send, lines } = appThat(() => {
    throw new Error("password of the database: hunter2");
  });
  const response = await send();
  const text = await response.text();
  expect(response.status).toBe(500);
  expect(JSON.parse(text)).toMatchObject({ code: "internal_error", request_id: "r1" });
  expect(text).not.toContain("hunter2");
  expect(lines[0]).toMatchObject({
    level: "error",
    fields: { request_id: "r1", route: "/things/:id" },
  });
  expect(String(lines[0]!.fields["error"])).toContain("hunter2");
});

test("a rejected promise is handled like a thrown error", async () => {
  const { send } = appThat(() => Promise.reject(new Error("later")));
  expect((await send()).status).toBe(500);
});

test("a refusal that passes says when to come back", async () => {
  const { send } = appThat(() => {
    throw new DomainError("gateway_unavailable", "Not now.", { retryAfterSeconds: 7 });
  });
  const response = await send();
  expect([response.status, response.headers.get("retry-after")]).toEqual([503, "7"]);
  expect(response.headers.has("x-should-retry")).toBe(false);
});

test("hints stand beside the fields of a problem and never in place of them", async () => {
  const { send } = appThat(() => {
    throw new DomainError("job_ended", "Over.", { hints: { status: 200, models: ["a"] } });
  });
  const response = await send();
  expect(await response.json()).toMatchObject({ status: 409, models: ["a"], code: "job_ended" });
  expect(response.headers.get("x-should-retry")).toBe("false");
});

test("the request line has the route, not the path, and neither query nor body", async () => {
  const { send, lines } = appThat(() => new Reply({ ok: true }, { status: 202 }));
  await send("/things/private?token=secret");
  await send("/things/private");
  // Lines are written after their answers have left.
  await until("both request lines", () => lines.length === 2);
  const text = JSON.stringify(lines);
  expect(text).not.toContain("secret");
  expect(text).not.toContain("private");
  expect(lines.at(-1)).toMatchObject({
    level: "info",
    message: "request",
    fields: { method: "POST", route: "/things/:id", status: 202, request_id: "r1" },
  });
});

test("the title of a database that is away is true at the start and later", async () => {
  const { send } = appThat(() => {
    throw new DomainError("database_unavailable", "The database does not answer.");
  });
  const problem = (await (await send()).json()) as { title: string };
  expect(problem.title).toBe("The database is not available");
});
