import type { Assets } from "../runtime/runtime.ts";
import { DomainError, type ErrorCode } from "../kernel/errors.ts";
import { problemKinds } from "./problem-kinds.ts";

/** Swagger UI sets styles on its elements, and shows images that it carries in itself. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

const files: Readonly<Record<string, string>> = {
  "swagger-ui.css": "text/css; charset=utf-8",
  "swagger-ui-bundle.js": "text/javascript; charset=utf-8",
  "favicon-32x32.png": "image/png",
};

/** Everything by relative address, so that the page also works below a proxy's prefix. */
const page = (title: string) => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<link rel="icon" type="image/png" href="docs/favicon-32x32.png">
<link rel="stylesheet" href="docs/swagger-ui.css">
</head>
<body>
<div id="swagger-ui"></div>
<noscript>This page needs JavaScript. The document itself: <a href="openapi.json">openapi.json</a>.</noscript>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/start.js"></script>
</body>
</html>
`;

const start = `SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  displayRequestDuration: true,
  persistAuthorization: true,
  tryItOutEnabled: true,
  validatorUrl: null,
});
`;

/**
 * What tells people and programs about an API: `/docs` (Swagger UI out of the program's own assets, without the internet),
 * `/openapi.json`, and `/problems/<code>`, to which every problem document points.
 */
export function createDocumentation(options: {
  title: () => Promise<string>;
  /** Made at the first request for it, and when the title has changed. */
  document: (title: string) => Record<string, unknown>;
  assets: Assets;
}): (request: Request) => Promise<Response | undefined> {
  let made: { title: string; text: string } | undefined;
  return async (request) => {
    if (request.method !== "GET") return undefined;
    const { pathname } = new URL(request.url);
    if (pathname === "/openapi.json") {
      const title = await options.title();
      if (made?.title !== title) made = { title, text: JSON.stringify(options.document(title)) };
      return new Response(made.text, { headers: { "content-type": "application/json" } });
    }
    if (pathname === "/docs") return text(page(await options.title()), "text/html; charset=utf-8");
    if (pathname === "/docs/")
      return new Response(null, { status: 308, headers: { location: "../docs" } });
    if (pathname === "/docs/start.js") return text(start, "text/javascript; charset=utf-8");
    if (pathname.startsWith("/docs/")) return file(options.assets, pathname.slice("/docs/".length));
    if (pathname.startsWith("/problems/")) return problemPage(pathname.slice("/problems/".length));
    return undefined;
  };
}

const text = (body: string, contentType: string) =>
  new Response(body, {
    headers: { "content-type": contentType, "content-security-policy": CONTENT_SECURITY_POLICY },
  });

async function file(assets: Assets, name: string): Promise<Response | undefined> {
  const contentType = Object.hasOwn(files, name) ? files[name] : undefined;
  const bytes = contentType === undefined ? undefined : await assets.read(`swagger/${name}`);
  if (contentType === undefined || !bytes) return undefined;
  return new Response(Buffer.from(bytes), {
    headers: { "content-type": contentType, "cache-control": "public, max-age=3600" },
  });
}

function problemPage(code: string): Response {
  if (!Object.hasOwn(problemKinds, code)) {
    throw new DomainError("not_found", "There is no problem of this name.");
  }
  const { status, title, remedy } = problemKinds[code as ErrorCode];
  return new Response(JSON.stringify({ code, status, title, remedy }), {
    headers: { "content-type": "application/json" },
  });
}

const escapeHtml = (value: string) =>
  value.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
