import { covers, type NetworkAddress, type NetworkBlock, parseAddress } from "../kernel/network.ts";

/**
 * Who sent a request: the other end of the connection, unless that is a trusted proxy. Each proxy appends to
 * `X-Forwarded-For` whom it heard from, so the header is read from its end, and the first address there that is no trusted
 * proxy is the client's: what stands before it anybody may have written. Null where there is no connection.
 */
export function clientAddress(
  connection: string | null,
  forwardedFor: string | null,
  trusted: readonly NetworkBlock[],
): string | null {
  let sender = parseAddress(connection ?? "");
  if (!sender) return connection || null;
  const hops = forwardedFor?.split(",").reverse() ?? [];
  for (const hop of hops) {
    if (!covers(trusted, sender)) break;
    const before: NetworkAddress | undefined = parseAddress(withoutPort(hop.trim()));
    // A proxy that names nobody is the last that is known.
    if (!before) break;
    sender = before;
  }
  return sender.toString();
}

/** Some proxies write `192.0.2.1:4711` or `[2001:db8::1]:4711`. */
function withoutPort(hop: string): string {
  return /^\[([^\]]*)\](?::\d+)?$/.exec(hop)?.[1] ?? /^([^:]+):\d+$/.exec(hop)?.[1] ?? hop;
}
