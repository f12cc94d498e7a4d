import { expect, test } from "vitest";
import { createHttpApp } from "../../server/http/http-app.ts";
import { publicOperation } from "../../server/http/operation.ts";
import { scopeOf } from "../../server/http/request-scope.ts";
import { parseBlocks } from "../../server/kernel/network.ts";
import { silentLog } from "../../server/kernel/log.ts";
import { listen } from "../../server/main/listeners.ts";
import { testRuntime } from "../harness.ts";

/** A listener on which every request is told the address that it came from. */
async function addressSeen(trustedProxies: string, headers: Record<string, string> = {}) {
  const app = createHttpApp({
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
    authenticate: {},
    bodyLimitBytes: 1_000,
    trustedProxies: parseBlocks(trustedProxies) ?? [],
    log: silentLog,
    otherwise: () => Promise.resolve(undefined),
  });
  const { server, url } = await listen({
    runtime: await testRuntime(),
    app,
    host: "127.0.0.1",
    port: 0,
    hostFlag: "--host",
    portFlag: "--port",
    maxBodyBytes: 1_000,
  });
  try {
    const answer = await fetch(`${url}/address`, { headers });
    return ((await answer.json()) as { address: string | null }).address;
  } finally {
    await server.stop(0);
  }
}

test("a request has the address of its connection, whatever it says itself", async () => {
  expect(await addressSeen("")).toBe("127.0.0.1");
  expect(await addressSeen("", { "x-forwarded-for": "203.0.113.7" })).toBe("127.0.0.1");
});

test("a trusted proxy is believed", async () => {
  const headers = { "x-forwarded-for": "192.0.2.1, 203.0.113.7" };
  expect(await addressSeen("127.0.0.0/8", headers)).toBe("203.0.113.7");
});
