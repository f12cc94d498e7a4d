import type { Database } from "../../db/client.ts";
import type { Role } from "../../server/accounts/roles.ts";
import { openSession } from "../../server/accounts/sessions.ts";
import { SESSION_COOKIE } from "../../server/accounts/principal.ts";
import { insertAccount } from "../../server/accounts/store.ts";
import type { Context } from "../../server/context.ts";
import { createAdminApp } from "../../server/app.ts";
import { uuidV7 } from "../../server/kernel/ids.ts";
import type { PriceBook } from "../../server/litellm/upstream.ts";
import type { Assets } from "../../server/runtime/runtime.ts";
import {
  answerOf,
  ManualClock,
  type Message,
  requestOf,
  type TestAnswer,
  testContext,
} from "../harness.ts";

const files: Record<string, string> = {
  "ui/index.html": "<!doctype html><title>SaaS LiteLLM</title>",
  "ui/theme.js": "document.documentElement.dataset.theme = 'dark';",
  "ui/assets/main-abc123.js": "console.log('main');",
};

const assets: Assets = {
  read: (name) => {
    const text = files[name];
    return Promise.resolve(text === undefined ? undefined : Buffer.from(text));
  },
  list: (prefix) => Object.keys(files).filter((name) => name.startsWith(prefix)),
};

export interface AdminApp {
  context: Context;
  clock: ManualClock;
  readonly send: (method: string, path: string, message?: AdminMessage) => Promise<TestAnswer>;
  /** How often the gateway was asked to restart, and whether it has no processes to restart. */
  readonly gatewayRestarts: () => number;
  readonly ownGateway: () => void;
  /** The whole answer, for streams. */
  readonly handle: (request: Request) => Promise<Response>;
  /** Opens a session of a new account without a password and gives its cookie. */
  readonly signIn: (role?: Role) => Promise<string>;
}

interface AdminMessage extends Message {
  /** The other end of the connection. */
  from?: string;
}

const CLI_TOKEN = "cli-token-of-this-start";
/** What the commands on this machine send. */
export const asCli = { authorization: `Bearer ${CLI_TOKEN}` };
/** What a page of this server sends along with its session. */
export const ownOrigin = { origin: "http://localhost" };

interface AdminAppOptions {
  context: Context;
  clock: ManualClock;
  book?: PriceBook;
  /** The team API; a test that names none does not ask it. */
  api?: { handle(request: Request): Promise<Response> };
}

/** The admin listener's app on a test's database, with a gateway that is ready and knows the prices given. */
export async function adminApp(database: Database, book: PriceBook = new Map()): Promise<AdminApp> {
  const clock = new ManualClock();
  return adminAppOf({ context: await testContext(database, { clock }), clock, book });
}

/** The same beside a team API of the test's. */
export function adminAppOf({ context, clock, book, api }: AdminAppOptions): AdminApp {
  let restarts = 0;
  let restartable = true;
  const app = createAdminApp({
    context,
    cliToken: CLI_TOKEN,
    api: api ?? { handle: () => Promise.reject(new Error("this test names no team API")) },
    assets,
    settings: { version: "1.2.3", bodyLimitBytes: 100_000 },
    status: {
      version: "1.2.3",
      startedAt: new Date(clock.now()),
      api: () => ({ url: "http://127.0.0.1:8003", state: "ready", calls_in_flight: 0 }),
      database: () => ({
        state: "ready",
        mode: "embedded",
        server_version: "18",
        migration: "0001_functions",
        problem: null,
      }),
    },
    upstream: {
      priceBook: () => Promise.resolve(book ?? new Map()),
      restart: () => {
        restarts += 1;
        return restartable;
      },
      renderedConfig: () => "model_list: []\n",
      status: () => ({
        state: "ready",
        mode: "managed",
        version: undefined,
        problem: undefined,
        install: undefined,
        wantedConfig: 1,
        servedConfig: 1,
        children: [],
        logTail: ["started"],
      }),
    },
  });

  const send: AdminApp["send"] = async (method, path, { from, ...message } = {}) => {
    const request = requestOf(method, `http://localhost${path}`, message);
    return answerOf(await app.handle(request, from === undefined ? undefined : { address: from }));
  };

  return {
    context,
    clock,
    send,
    gatewayRestarts: () => restarts,
    ownGateway() {
      restartable = false;
    },
    handle: (request) => app.handle(request),
    async signIn(role = "owner") {
      const at = new Date(clock.now());
      const id = uuidV7(at.getTime());
      await insertAccount(context.database.drizzle, {
        ...{ id, email: `${role}-${id}@example.com`, name: role, role, createdAt: at },
      });
      const visit = { address: null, userAgent: null, requestId: "test", cookie: undefined };
      const { secret } = await openSession(context.database.drizzle, at, { accountId: id, visit });
      return `${SESSION_COOKIE}=${secret}`;
    },
  };
}
