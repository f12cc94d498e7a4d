import { connect } from "node:net";
import { Type } from "@sinclair/typebox";
import { expect, test } from "vitest";
import { createHttpApp, type HttpAppOptions } from "../../server/http/http-app.ts";
import { publicOperation } from "../../server/http/operation.ts";
import { scopeOf } from "../../server/http/request-scope.ts";
import { parseBlocks } from "../../server/kernel/network.ts";
import { silentLog } from "../../server/kernel/log.ts";
import { listen } from "../../server/main/listeners.ts";
import { testRuntime } from "../harness.ts";

/** A listener with one operation, while `use` runs. */
async function listening<Result>(
  options: Pick<HttpAppOptions, "operations" | "trustedProxies" | "bodyPatienceMs">,
  use: (url: string) => Promise<Result>,
): Promise<Result> {
  const app = createHttpApp({
    ...{ authenticate: {}, bodyLimitBytes: 1_000, log: silentLog },
    otherwise: () => Promise.resolve(undefined),
    ...options,
  });
  const { server, url } = await listen({
    ...{ runtime: await testRuntime(), app, host: "127.0.0.1", port: 0, maxBodyBytes: 1_000 },
    ...{ hostFlag: "--host", portFlag: "--port" },
  });
  try {
    return await use(url);
  } finally {
    await server.stop(0);
  }
}

/** The address that a request is told to have come from. */
function addressSeen(trustedProxies: string, headers: Record<string, string> = {}) {
  const options = {
    trustedProxies: parseBlocks(trustedProxies) ?? [],
    operations: [
      publicOperation(
        "GET",
        "/address",
        {
          operationId: "getAddress",
          summary: "Get the address",
          description: "Of who asks.",
          tag: "Test",
          success: { description: "The address." },
        },
        ({ request }) => ({ address: scopeOf(request).address }),
      ),
    ],
  };
  return listening(options, async (url) => {
    const answer = await fetch(`${url}/address`, { headers });
    return ((await answer.json()) as { address: string | null }).address;
  });
}

test("a request has the address of its connection, whatever it says itself", async () => {
  expect(await addressSeen("")).toBe("127.0.0.1");
  expect(await addressSeen("", { "x-forwarded-for": "203.0.113.7" })).toBe("127.0.0.1");
});

test("a trusted proxy is believed", async () => {
  const headers = { "x-forwarded-for": "192.0.2.1, 203.0.113.7" };
  expect(await addressSeen("127.0.0.0/8", headers)).toBe("203.0.113.7");
});

test.each(["content-length: 10", "transfer-encoding: chunked"])(
  "half a body, with %s, is answered 408 and its connection closed",
  async (length) => {
    const thing = {
      ...{ operationId: "putThing", summary: "Put", description: "Puts.", tag: "Test" },
      ...{ body: Type.Object({}), success: { description: "Done." } },
    };
    const operations = [publicOperation("POST", "/v1/things", thing, () => ({}))];
    const seen = await listening({ operations, bodyPatienceMs: 20 }, (url) =>
      allAnswered(url, `POST /v1/things HTTP/1.1\r\nhost: x\r\n${length}\r\n\r\n3\r\n{`),
    );
    expect(seen).toMatch(/^HTTP\/1.1 408 /);
    expect(seen).toMatch(/\r\nconnection: close\r\n/i);
    expect(seen).toContain('"code":"body_too_slow"');
    expect(seen.match(/HTTP\/1.1 /g)).toHaveLength(1);
  },
);

/** What comes back for a text until the server closes the connection. */
function allAnswered(url: string, text: string): Promise<string> {
  const socket = connect(Number(new URL(url).port), "127.0.0.1", () => socket.write(text));
  let seen = "";
  return new Promise((resolve, reject) => {
    socket.on("data", (part) => (seen += part.toString()));
    socket.on("end", () => socket.destroy());
    socket.on("close", () => resolve(seen));
    socket.on("error", reject);
  });
}
