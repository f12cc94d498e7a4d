import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";
import { CONTENT_SECURITY_POLICY } from "../../server/admin/pages.ts";

/** What the admin API would answer; `events` are sent one by one on a stream that stays open, `silent` keeps the request open, `gone` cuts it as a stopped server does. */
export type Answer =
  | { status: number; body?: unknown }
  | { events: readonly string[] }
  | "silent"
  | "gone";

export type AnswerTo = (request: {
  method: string;
  path: string;
  body: string;
  idempotencyKey: string | undefined;
}) => Answer;

export interface UiServer {
  url: string;
  stop(): Promise<void>;
}

const mediaTypes: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".woff2": "font/woff2",
};

/** Serves a built UI under its policy and takes the place of the admin API. */
export async function startUiServer(folder: string, answerTo: AnswerTo): Promise<UiServer> {
  const server = createServer((request, response) => {
    const { pathname, search } = new URL(request.url ?? "/", "http://localhost");
    if (!pathname.startsWith("/api/")) {
      const file = extname(pathname) ? pathname : "/index.html";
      readFile(join(folder, file)).then(
        (content) => {
          response.writeHead(200, {
            "content-type": mediaTypes[extname(file)] ?? "application/octet-stream",
            "content-security-policy": CONTENT_SECURITY_POLICY,
          });
          response.end(content);
        },
        () => response.writeHead(404).end(),
      );
      return;
    }
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      const answer = answerTo({
        method: request.method ?? "GET",
        path: pathname + search,
        body,
        idempotencyKey: request.headers["idempotency-key"]?.toString(),
      });
      if (answer === "silent") return;
      if (answer === "gone") {
        response.destroy();
        return;
      }
      if ("events" in answer) {
        response.writeHead(200, { "content-type": "text/event-stream" });
        for (const event of answer.events) response.write(event);
        return;
      }
      const type = answer.status < 400 ? "application/json" : "application/problem+json";
      response.writeHead(answer.status, { "content-type": type });
      response.end(answer.body === undefined ? "" : JSON.stringify(answer.body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
