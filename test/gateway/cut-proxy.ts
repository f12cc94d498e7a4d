import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { afterAll } from "vitest";

/** A network between client and server that breaks when the test says. Call it at the top level of the file. */
export async function cutProxy(serverPort: number) {
  const open = new Set<Socket>();
  let lost = 0;
  const proxy = createServer((client) => {
    const server = connect(serverPort, "127.0.0.1");
    for (const socket of [client, server]) {
      open.add(socket);
      socket.on("close", () => open.delete(socket));
      socket.on("error", () => {});
    }
    client.pipe(server);
    server.on("data", (bytes: Buffer) => {
      if (lost > 0) {
        lost -= 1;
        // The answer has left the server, and its client never sees it.
        client.resetAndDestroy();
        server.destroy();
      } else if (!client.write(bytes)) {
        server.pause();
        client.once("drain", () => server.resume());
      }
    });
    client.on("close", () => server.destroy());
    server.on("close", () => client.end());
  });
  proxy.listen(0, "127.0.0.1");
  await once(proxy, "listening");
  afterAll(() => {
    proxy.close();
    for (const socket of open) socket.destroy();
  });
  return {
    url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    /** Breaks every connection. */
    cut: () => {
      for (const socket of open) socket.destroy();
    },
    /** Breaks the connection on which the next answer comes, in place of passing it on. */
    loseAnswer: () => (lost += 1),
    /** Resolves with the next connection. */
    connected: () => once(proxy, "connection"),
  };
}
