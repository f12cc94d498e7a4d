import { expect, test } from "vitest";
import { createPages } from "../../server/admin/pages.ts";
import { testDatabase } from "../harness.ts";
import { adminApp } from "./admin-app.ts";

const { database } = await testDatabase();
const { send } = await adminApp(database);

test("serves the page at its root and at the addresses within it, never cached", async () => {
  for (const path of ["/", "/jobs", "/jobs/019aaf3c-6a80-7c11-9d1b-2f9d1b6d2a10", "/setup"]) {
    const page = await send("GET", path);
    expect({ path, status: page.status }).toEqual({ path, status: 200 });
    expect(page.text).toContain("<title>SaaS LiteLLM</title>");
    expect(page.headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(page.headers.get("cache-control")).toBe("no-store");
  }
});

test.each([
  ["/assets/main-gone", 404, "not_found"],
  ["/assets/main-gone.js", 404, "not_found"],
  ["/readyz", 401, "session_required"],
  ["/health", 401, "session_required"],
  ["/v1/models", 401, "session_required"],
])("does not answer %s with the page", async (path, status, code) => {
  const answer = await send("GET", path);
  expect(answer.status).toBe(status);
  expect(answer.text).toContain(`"code":"${code}"`);
});

test("protects the page by its headers", async () => {
  const { headers } = await send("GET", "/");
  const policy = headers.get("content-security-policy")!;
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain("frame-ancestors 'none'");
  expect(policy).toContain("require-trusted-types-for 'script'");
  expect(policy).not.toContain("unsafe");
  expect(headers.get("referrer-policy")).toBe("no-referrer");
  expect(headers.get("x-content-type-options")).toBe("nosniff");
});

test("caches files with a hash in their name for ever, others until they change", async () => {
  const hashed = await send("GET", "/assets/main-abc123.js");
  expect(hashed.text).toBe("console.log('main');");
  expect(hashed.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
  expect(hashed.headers.get("content-type")).toBe("text/javascript; charset=utf-8");

  const theme = await send("GET", "/theme.js");
  expect(theme.headers.get("cache-control")).toBe("no-cache");
  const etag = theme.headers.get("etag")!;
  const again = await send("GET", "/theme.js", { headers: { "if-none-match": etag } });
  expect(again).toMatchObject({ status: 304, text: "" });
});

test("compresses for those who can read it", async () => {
  const files = { "ui/index.html": Buffer.from("x".repeat(1_000)) };
  const servePage = createPages({
    read: () => Promise.resolve(files["ui/index.html"]),
    list: () => Object.keys(files),
  });
  const plain = await servePage(new Request("http://localhost/"));
  const gzip = await servePage(
    new Request("http://localhost/", { headers: { "accept-encoding": "gzip, br" } }),
  );
  expect(plain!.headers.get("content-encoding")).toBeNull();
  expect(gzip!.headers.get("content-encoding")).toBe("gzip");
  const bytes = await new Response(gzip!.body!.pipeThrough(new DecompressionStream("gzip"))).text();
  expect(bytes).toBe("x".repeat(1_000));
});

test("answers HEAD without a body", async () => {
  expect(await send("HEAD", "/")).toMatchObject({ status: 200, text: "" });
});

test("does not give the page for a file that is not there", async () => {
  for (const path of ["/assets/main-old.js", "/favicon.ico", "/../package.json"]) {
    const { status } = await send("GET", path);
    expect({ path, status }).toEqual({ path, status: 404 });
  }
});

test("says how to get the pages where they are not built", async () => {
  const servePage = createPages({ read: () => Promise.resolve(undefined), list: () => [] });
  const page = await servePage(new Request("http://localhost/"));
  expect(await page!.text()).toContain("npm run build");
});
