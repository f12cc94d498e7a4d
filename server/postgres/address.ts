import { createHash, randomBytes } from "node:crypto";
import { lstatSync } from "node:fs";
import { chmod, chown, mkdir } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { keepPassword, SUPERUSER } from "./cluster.ts";
import type { Owner } from "./owner.ts";

/** Where the server listens and how it is reached. */
export interface Address {
  socketFolder: string | undefined;
  port: number;
  password: string | undefined;
  /** The URL of one of its databases. */
  url(database: string): string;
}

/** The longest path that `sockaddr_un` holds on every system (macOS: 104 with its zero). */
const LONGEST_SOCKET_PATH = 103;
const SOCKET_PORT = 5432;

/** A unix socket in a folder that only its owner and root may enter; Windows gets a free loopback port and a password. */
export async function chooseAddress(folder: string, owner: Owner | undefined): Promise<Address> {
  if (process.platform === "win32") return loopback(folder);
  const socketFolder = await makeSocketFolder(folder, owner);
  return {
    socketFolder,
    port: SOCKET_PORT,
    password: undefined,
    url: (database) =>
      `postgres://${SUPERUSER}@localhost:${SOCKET_PORT}/${database}?host=${encodeURIComponent(socketFolder)}`,
  };
}

async function loopback(folder: string): Promise<Address> {
  const password = await keepPassword(folder, () => randomBytes(24).toString("base64url"));
  const port = await freeLoopbackPort();
  return {
    socketFolder: undefined,
    port,
    password,
    url: (database) => `postgres://${SUPERUSER}:${password}@127.0.0.1:${port}/${database}`,
  };
}

/** `run` in our folder, or where that path is too long for a socket, a folder in /tmp whose name follows from ours. */
async function makeSocketFolder(folder: string, owner: Owner | undefined): Promise<string> {
  const own = join(folder, "run");
  const fits = Buffer.byteLength(join(own, `.s.PGSQL.${SOCKET_PORT}`)) <= LONGEST_SOCKET_PATH;
  const digest = createHash("sha256").update(folder).digest("hex").slice(0, 16);
  const path = fits ? own : `/tmp/saas-litellm-${digest}`;
  try {
    await mkdir(path, { mode: 0o700 });
    if (owner) await chown(path, owner.uid, owner.gid);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
  // In /tmp somebody else may have been first: a folder that is not its owner's alone would let them answer in our place.
  const found = lstatSync(path);
  const uid = owner?.uid ?? process.getuid?.();
  if (!found.isDirectory() || found.uid !== uid) {
    throw new Error(`${path} belongs to somebody else: remove it, or choose a shorter --data-dir.`);
  }
  await chmod(path, 0o700);
  return path;
}

/** Somebody may take it before PostgreSQL does; the start then fails and says so. */
function freeLoopbackPort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
