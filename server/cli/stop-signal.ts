const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Resolves at the next signal that asks us to end; until then the signal does not end us by itself. */
export function nextStopSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    const take = (signal: NodeJS.Signals) => {
      for (const name of signals) process.off(name, take);
      resolve(signal);
    };
    for (const name of signals) process.on(name, take);
  });
}

/** From now on signals do nothing: for an end that is short and must not be cut. */
export function ignoreStopSignals(): void {
  for (const name of signals) process.on(name, () => {});
}
