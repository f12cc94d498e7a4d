import { Type, type Static } from "@sinclair/typebox";

const oneOf = <const Names extends readonly string[]>(...names: Names) =>
  Type.Unsafe<Names[number]>(Type.Union(names.map((name) => Type.Literal(name))));

export const Live = Type.Object({ status: Type.Literal("ok") }, { examples: [{ status: "ok" }] });

/** Each part by itself, so that what is not ready can be seen. */
export const Readiness = Type.Object(
  {
    status: oneOf("ready", "not_ready"),
    database: oneOf("starting", "ready", "failed"),
    migrations: oneOf("pending", "ready", "failed"),
    gateway: oneOf(
      "waiting",
      "installing",
      "starting",
      "ready",
      "updating",
      "restarting",
      "failed",
      "stopped",
    ),
    gateway_install_percent: Type.Union([Type.Integer(), Type.Null()]),
    gateway_restarts: Type.Integer(),
    redis: oneOf("none", "ready", "lost"),
    shared_limits: Type.Boolean({
      description: "Whether limits count over all instances, which takes Redis.",
    }),
    stopping: Type.Boolean(),
  },
  {
    $id: "Readiness",
    examples: [
      {
        status: "ready",
        database: "ready",
        migrations: "ready",
        gateway: "ready",
        gateway_install_percent: null,
        gateway_restarts: 0,
        redis: "none",
        shared_limits: false,
        stopping: false,
      },
    ],
  },
);
export type Readiness = Static<typeof Readiness>;

export const Health = Type.Object(
  {
    status: oneOf("ok", "degraded", "down"),
    summary: Type.String({ description: "One sentence for people." }),
    version: Type.String(),
  },
  { examples: [{ status: "ok", summary: "Everything is up.", version: "0.1.0" }] },
);
export type Health = Static<typeof Health>;
