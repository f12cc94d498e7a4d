/**
 * PostgreSQL's settings, given on its command line so that a newer executable brings newer ones. Made for one small machine that
 * also runs LiteLLM (320 MB a child): memory is spared, durability is not.
 */
export interface Settings {
  /** Folder of the unix socket; undefined = the loopback port alone. */
  socketFolder: string | undefined;
  /** Names the socket file, and is the port on loopback when there is no socket. */
  port: number;
  /** False only in tests: nothing survives a crash of the machine. */
  durable: boolean;
}

export function toFlags(settings: Settings): string[] {
  const values: Record<string, string> = {
    listen_addresses: settings.socketFolder === undefined ? "127.0.0.1" : "",
    unix_socket_directories: settings.socketFolder ?? "",
    unix_socket_permissions: "0700",
    port: String(settings.port),
    // Our pool takes at most 32; the rest is for backups and an operator's psql.
    max_connections: "64",
    shared_buffers: "64MB",
    // Ledger rows are written once and small; four times the default keeps checkpoints away from bursts.
    max_wal_size: "1GB",
    min_wal_size: "80MB",
    checkpoint_timeout: "15min",
    checkpoint_completion_target: "0.9",
    wal_compression: "on",
    // Nothing streams from this server; `replica` stays the level, because the backup copies files between start and stop.
    wal_level: "replica",
    max_wal_senders: "0",
    max_replication_slots: "0",
    max_logical_replication_workers: "0",
    // Statements are short: compiling or splitting one costs more than it gives, and workers are memory.
    jit: "off",
    max_parallel_workers_per_gather: "0",
    io_method: "sync",
    // Jobs, calls and outbox rows are updated a few times each and then never: clean them before they pile up.
    autovacuum_naptime: "20s",
    autovacuum_vacuum_scale_factor: "0.05",
    timezone: "UTC",
    log_timezone: "UTC",
    // Lines go to our log with a time of its own.
    log_line_prefix: "",
    log_checkpoints: "off",
    ...(settings.durable
      ? { fsync: "on", synchronous_commit: "on", full_page_writes: "on" }
      : { fsync: "off", synchronous_commit: "off", full_page_writes: "off" }),
  };
  return Object.entries(values).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
}
