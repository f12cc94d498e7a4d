import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { expect, test } from "vitest";
import { inTime, LateReply } from "../../server/redis/in-time.ts";

test("an answer that came in time to a process that stood still is not late", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const client = connect((server.address() as { port: number }).port, "127.0.0.1");
  const [redis] = (await once(server, "connection")) as [Socket];
  const answer = inTime(once(client, "data"), 20);
  redis.write("an answer");
  // It waits in the socket while nobody reads and the time runs out.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 60);
  expect(String(await answer)).toBe("an answer");
  await expect(inTime(once(client, "data"), 1)).rejects.toThrow(LateReply);
  client.destroy();
  server.close();
});
