import { createServer } from "node:net";

/** A free TCP port of 127.0.0.1: the wished one when it is free, else any. It is only looked up, not held. */
export function loopbackPort(wished: number): Promise<number> {
  return listenOnce(wished).catch(() => listenOnce(0));
}

function listenOnce(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => {
      const address = server.address();
      const chosen = typeof address === "object" && address ? address.port : port;
      server.close(() => resolve(chosen));
    });
  });
}
