import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import type { Assets } from "../runtime/runtime.ts";

/** What the built pages need and no more; they were made for it. */
export const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join("; ");

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  css: "text/css; charset=utf-8",
  html: "text/html; charset=utf-8",
  ico: "image/x-icon",
  js: "text/javascript; charset=utf-8",
  json: "application/json",
  png: "image/png",
  svg: "image/svg+xml",
  txt: "text/plain; charset=utf-8",
  webmanifest: "application/manifest+json",
  woff2: "font/woff2",
};

/** Types that are compressed already. */
const INCOMPRESSIBLE = ["png", "woff2", "ico"];

interface Page {
  body: Uint8Array;
  gzip: Uint8Array | undefined;
  etag: string;
  contentType: string;
  cacheControl: string;
}

/** Answers a GET or HEAD of the admin UI; undefined = it is no page, and no file of them either. */
export type ServePage = (request: Request) => Promise<Response | undefined>;

/**
 * The built admin UI out of the program's assets. Files under `/assets/` carry a hash of their content in their name and are
 * cached for ever. Another path without an extension is a page's own address and gets `index.html`, which is never cached. Without a
 * built UI a plain page says so.
 */
export function createPages(assets: Assets): ServePage {
  const names = new Set(assets.list("ui/"));
  const pages = new Map<string, Promise<Page>>();

  const read = async (name: string): Promise<Page> => {
    const body = await assets.read(name);
    return toPage(name, body ?? Buffer.from(NOT_BUILT));
  };

  return async (request) => {
    const { pathname } = new URL(request.url);
    let name = `ui${pathname}`;
    if (!names.has(name)) {
      if (/^\/assets\/|\.[a-z0-9]+$/i.test(pathname)) return undefined;
      name = INDEX;
    }
    let page = pages.get(name);
    if (!page) {
      page = read(name);
      pages.set(name, page);
      page.catch(() => pages.delete(name));
    }
    return answer(request, await page);
  };
}

const INDEX = "ui/index.html";

const NOT_BUILT =
  '<!doctype html><html lang="en"><title>Not built</title><p>This build has no admin UI: <code>npm run build</code> makes one.';

function toPage(name: string, body: Uint8Array): Page {
  const extension = name.slice(name.lastIndexOf(".") + 1);
  return {
    body,
    gzip: INCOMPRESSIBLE.includes(extension) ? undefined : gzipSync(body),
    etag: `"${createHash("sha256").update(body).digest("base64url").slice(0, 22)}"`,
    contentType: CONTENT_TYPES[extension] ?? "application/octet-stream",
    cacheControl: cachingOf(name),
  };
}

function cachingOf(name: string): string {
  if (name === INDEX) return "no-store";
  return name.startsWith("ui/assets/") ? "public, max-age=31536000, immutable" : "no-cache";
}

function answer(request: Request, page: Page): Response {
  const headers = new Headers({
    "cache-control": page.cacheControl,
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "content-type": page.contentType,
    "cross-origin-opener-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    etag: page.etag,
    vary: "accept-encoding",
  });
  if (request.headers.get("if-none-match") === page.etag) {
    return new Response(null, { status: 304, headers });
  }
  const acceptsGzip = /\bgzip\b/.test(request.headers.get("accept-encoding") ?? "");
  const gzip = acceptsGzip ? page.gzip : undefined;
  if (gzip) headers.set("content-encoding", "gzip");
  const bytes = gzip ?? page.body;
  headers.set("content-length", String(bytes.byteLength));
  return new Response(request.method === "HEAD" ? null : Buffer.from(bytes), { headers });
}
