/** Where a PostgreSQL URL leads: over the network as the URL says, or to a unix socket. */
export interface DatabaseAddress {
  /** The URL in a form that every driver parses; its host means nothing when there is a socket. */
  url: string;
  /** `/folder/.s.PGSQL.5432`, when the URL has `?host=/folder`. */
  socketPath: string | undefined;
}

const DEFAULT_PORT = "5432";

/**
 * libpq writes a unix socket as `postgres://user@/name?host=/folder`. WHATWG URLs refuse that empty host beside a user, and
 * each driver has its own option for sockets. Throws TypeError on what is no URL.
 */
export function parseDatabaseUrl(text: string): DatabaseAddress {
  const url = new URL(text.replace(/^(\w+:\/\/)([^/?#]*@)?(?=[/?#]|$)/, "$1$2localhost"));
  const folder = url.searchParams.get("host");
  if (!folder?.startsWith("/")) return { url: text, socketPath: undefined };
  const port = url.searchParams.get("port") ?? (url.port || DEFAULT_PORT);
  url.searchParams.delete("host");
  url.searchParams.delete("port");
  return { url: url.href, socketPath: `${folder}/.s.PGSQL.${port}` };
}
