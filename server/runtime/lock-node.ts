import { spawn } from "node:child_process";
import type { TryLock } from "./lock.ts";

/** For tests only: Node has no flock, so the command of that name holds the lock until its input ends, at the latest with us. */
export const tryLock: TryLock = async (path) => {
  const holder = spawn("flock", ["--exclusive", "--nonblock", path, "sh", "-c", "echo; cat"], {
    stdio: ["pipe", "pipe", "ignore"],
  });
  const locked = await new Promise<boolean>((resolve) => {
    holder.stdout.once("data", () => resolve(true));
    holder.on("error", () => resolve(false));
    holder.on("exit", () => resolve(false));
  });
  return locked ? () => void holder.kill("SIGKILL") : undefined;
};
