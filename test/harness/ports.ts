import { createServer } from "node:net";

/**
 * A loopback port that was free a moment ago, for servers that cannot be told "port 0". Someone else may take it in
 * between: whoever uses it tries again with another.
 */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  await new Promise<void>((resolve) => server.close(() => resolve()));
  if (address === null || typeof address === "string") throw new Error("a TCP server has no port");
  return address.port;
}
