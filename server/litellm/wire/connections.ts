import { connect, isIP, type Socket } from "node:net";
import * as tls from "node:tls";
import { Connection, type ConnectionOwner, NeverSent } from "./connection.ts";

/** No connection came about in time. */
export class ConnectTimeout extends Error {}

/** uvicorn, which LiteLLM stands on, closes connections after five idle seconds unless told otherwise. */
const LONGEST_IDLE_MS = 4_000;

/** The connections to one server: those that are idle wait for the next request, the newest first. */
export class Connections implements ConnectionOwner {
  /** For the header Host. */
  readonly host: string;
  /** What stands before every path, without a trailing slash. */
  readonly pathPrefix: string;
  readonly #url: URL;
  #idle: Connection[] = [];

  constructor(baseUrl: string) {
    this.#url = new URL(baseUrl);
    this.host = this.#url.host;
    this.pathPrefix = this.#url.pathname.replace(/\/$/, "");
  }

  /** One that is idle, and not for so long that the server may be closing it. */
  takeIdle(): Connection | undefined {
    const newest = this.#idle.pop();
    if (newest === undefined || performance.now() - newest.idleSinceMs < LONGEST_IDLE_MS) {
      return newest;
    }
    newest.abandon();
    for (const older of this.#idle.splice(0)) older.abandon();
    return undefined;
  }

  /** Rejects with ConnectTimeout, NeverSent or the system's error. */
  open(connectMs: number, signal: AbortSignal | undefined): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const socket = this.#connect(() => {
        done();
        socket.off("error", fail);
        resolve(new Connection(socket, this));
      });
      const fail = (error: Error) => {
        done();
        socket.on("error", () => {});
        socket.destroy();
        reject(error);
      };
      const late = () =>
        fail(new ConnectTimeout(`The gateway took no connection within ${connectMs} ms.`));
      const giveUp = () => fail(new NeverSent());
      const timer = setTimeout(late, connectMs);
      const done = () => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", giveUp);
      };
      socket.once("error", fail);
      signal?.addEventListener("abort", giveUp);
      if (signal?.aborted) giveUp();
    });
  }

  freed(connection: Connection): void {
    this.#idle.push(connection);
    // Those of a busier time, from the bottom up.
    while (connection.idleSinceMs - this.#idle[0]!.idleSinceMs > LONGEST_IDLE_MS) {
      this.#idle.shift()!.abandon();
    }
  }

  gone(connection: Connection): void {
    const index = this.#idle.indexOf(connection);
    if (index >= 0) this.#idle.splice(index, 1);
  }

  #connect(connected: () => void): Socket {
    const { hostname, protocol, port } = this.#url;
    const host = hostname.replace(/^\[|\]$/g, "");
    if (protocol !== "https:") {
      return connect({ host, port: Number(port || 80) }, connected);
    }
    const to: tls.ConnectionOptions = {
      host,
      port: Number(port || 443),
      ALPNProtocols: ["http/1.1"],
    };
    if (isIP(host) === 0) to.servername = host;
    return tls.connect(to, connected) as Socket;
  }
}
