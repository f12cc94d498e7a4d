import { startGuarded } from "../../server/runtime/guarded.ts";

/** A program to be killed: guards two commands that treat SIGTERM as told, and prints their pids once both run. */
const [self = "[]", trap = ""] = process.argv.slice(2);
const guard = () =>
  new Promise<number>((resolve, reject) => {
    const script = `${trap}; echo up; while :; do sleep 0.05; done`;
    const command = startGuarded({
      self: JSON.parse(self) as string[],
      command: ["/bin/sh", "-c", script],
      env: { PATH: process.env.PATH ?? "" },
      onLine: () => void command.then(({ pid }) => resolve(pid), reject),
    });
  });
console.log([await guard(), await guard()].join(" "));
