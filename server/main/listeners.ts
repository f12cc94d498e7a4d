import type { HttpApp } from "../http/http-app.ts";
import type { HttpServer, Runtime } from "../runtime/runtime.ts";
import { StartupError, systemCode } from "./startup-error.ts";

/**
 * Longer than the proxies that are common keep an idle connection (60 to 120 s), so that none sends into one that closes; eight
 * times as long as the time between two comments of a stream.
 */
const IDLE_SECONDS = 180;

export interface ListenerOptions {
  runtime: Runtime;
  app: HttpApp;
  host: string;
  port: number;
  /** The flags that choose another address, for the message. */
  hostFlag: string;
  portFlag: string;
  maxBodyBytes: number;
}

export interface Listener {
  readonly server: HttpServer;
  /** Without a trailing slash, as somebody on this machine reaches it. */
  readonly url: string;
}

/** Throws StartupError when the address cannot be had. */
export async function listen(options: ListenerOptions): Promise<Listener> {
  const { runtime, app, host, port, maxBodyBytes } = options;
  try {
    const server = await runtime.serve({
      host,
      port,
      maxBodyBytes,
      idleSeconds: IDLE_SECONDS,
      fetch: (request, peer) => app.handle(request, peer),
    });
    return { server, url: urlOf(host, server.port) };
  } catch (error) {
    throw new StartupError(reasonOf(options, systemCode(error) ?? ""), { cause: error });
  }
}

function reasonOf({ host, port, hostFlag, portFlag }: ListenerOptions, code: string) {
  switch (code) {
    case "EADDRINUSE":
      return `Port ${port} on ${host} is in use: stop what runs there, or choose another with ${portFlag} (0 takes a free one).`;
    case "EACCES":
      return `Port ${port} needs more rights than this user has: choose one above 1023 with ${portFlag}.`;
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
      return `${host} is no address of this machine: choose another with ${hostFlag}.`;
    default:
      return `Port ${port} on ${host} cannot be listened on (${code || "unknown reason"}): choose another address with ${hostFlag} and ${portFlag}.`;
  }
}

/** An address that means "all" is reached on loopback. */
function urlOf(host: string, port: number): string {
  const reachable = host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host;
  return `http://${reachable.includes(":") ? `[${reachable}]` : reachable}:${port}`;
}
