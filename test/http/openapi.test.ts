import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, describe, expect, test } from "vitest";
import { testApp } from "../harness.ts";
import { adminApp, asCli } from "../admin/admin-app.ts";

const team = await testApp();
const admin = await adminApp(team.database);
const folder = await mkdtemp(join(tmpdir(), "openapi-"));
afterAll(() => rm(folder, { recursive: true }));

interface Described {
  operationId: string;
  summary: string;
  description: string;
  security?: unknown[];
  parameters?: object[];
  responses: Record<
    string,
    { content?: Record<string, { schema: object; example?: unknown; examples?: object }> }
  >;
  requestBody?: { content: Record<string, { schema: object; example?: unknown }> };
}

type Document = Record<string, unknown> & {
  openapi: string;
  info: { title: string };
  paths: Record<string, Record<string, Described>>;
};

const documents = {
  team: (await team.send("GET", "/openapi.json")).body as Document,
  admin: (await admin.send("GET", "/openapi.json", { headers: asCli })).body as Document,
};

/** Redocly's own words on a document; empty = neither error nor warning. */
async function lint(name: string, document: object): Promise<string[]> {
  const path = join(folder, `${name}.json`);
  await writeFile(path, JSON.stringify(document));
  const program = createRequire(import.meta.url).resolve("@redocly/cli/bin/cli.js");
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [program, "lint", path, "--extends", "recommended", "--format", "json"],
    { cwd: folder, env: { ...process.env, REDOCLY_TELEMETRY: "off", NO_COLOR: "1" } },
  ).catch((error: unknown) => error as { stdout: string });
  const { problems } = JSON.parse(stdout) as {
    problems: { ruleId: string; message: string; location: { pointer?: string }[] }[];
  };
  return problems.map(
    ({ ruleId, message, location }) => `${ruleId}: ${message} ${location[0]?.pointer ?? ""}`,
  );
}

describe.each(Object.entries(documents))("the document of the %s API", (name, document) => {
  const operations = Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, described]) => ({ path, method, described })),
  );

  test("passes Redocly's recommended rules", { timeout: 60_000 }, async () => {
    expect(document.openapi).toBe("3.1.0");
    expect(await lint(name, document)).toEqual([]);
  });

  test("says of every operation what it does, shows what comes back, and names its problems", () => {
    const lacking = operations.filter(({ described: { summary, description, responses } }) => {
      const success = Object.entries(responses).find(([status]) => status.startsWith("2"))?.[1];
      const shown = Object.values(success?.content ?? {}).every(
        ({ example }) => example !== undefined,
      );
      return (
        !summary || !description || !success || !shown || !responses["422"] || !responses["500"]
      );
    });
    expect(lacking.map(({ path, method }) => `${method} ${path}`)).toEqual([]);
  });

  test("shows an example of every body", () => {
    const lacking = operations.filter(({ described: { requestBody } }) =>
      Object.values(requestBody?.content ?? {}).some(({ example }) => example === undefined),
    );
    expect(lacking.map(({ path, method }) => `${method} ${path}`)).toEqual([]);
  });

  test("fills nothing into a form that would be sent unasked", () => {
    const filled = operations.filter(({ described: { parameters = [] } }) =>
      parameters.some((parameter) => "example" in parameter),
    );
    expect(filled.map(({ path, method }) => `${method} ${path}`)).toEqual([]);
  });

  test("asks for a key or session everywhere but where the server does not", () => {
    const open = operations.filter(({ described }) => described.security?.length === 0);
    expect(open.map(({ path, method }) => `${method} ${path}`).sort()).toEqual(
      name === "team"
        ? ["get /health", "get /healthz", "get /readyz"]
        : [
            ...["get /api/setup", "get /healthz", "post /api/invitation"],
            ...["post /api/invitation/accept", "post /api/reset", "post /api/session"],
            "post /api/setup",
          ],
    );
  });
});

test("the linter would find what is wrong", { timeout: 60_000 }, async () => {
  const broken = structuredClone(documents.team);
  delete (broken as { info?: unknown }).info;
  expect(await lint("broken", broken)).not.toEqual([]);
});

test("the team API's document and pages know no LiteLLM, provider or dollar", async () => {
  const page = await team.send("GET", "/docs");
  const text = JSON.stringify(documents.team) + page.text;
  expect(text).not.toMatch(/litellm|provider_cost|_usd|x-litellm/i);
  expect(documents.team.info.title).toBe("Jobs API");
});

test("the page of the team API works from its own files", async () => {
  const page = await team.send("GET", "/docs");
  const html = page.text;
  expect(page.headers.get("content-type")).toBe("text/html; charset=utf-8");
  expect(page.headers.get("content-security-policy")).toContain("default-src 'none'");
  expect(html).not.toMatch(/https?:\/\//);
  const files = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, file]) => `/${file!}`);
  expect(files).toContain("/docs/swagger-ui-bundle.js");
  for (const file of files) {
    const { status } = await team.handle(new Request(`http://localhost${file}`));
    expect([file, status]).toEqual([file, 200]);
  }
});

test.each(["/docs/../package.json", "/docs/nothing.js", "/docs/constructor"])(
  "%s is no file of the page",
  async (path) => {
    expect((await team.send("GET", path)).status).toBe(404);
  },
);

test.each(["/openapi.json", "/docs", "/docs/swagger-ui-bundle.js", "/problems/not_found"])(
  "%s of the admin API needs a session",
  async (path) => {
    expect((await admin.send("GET", path)).status).toBe(401);
  },
);
