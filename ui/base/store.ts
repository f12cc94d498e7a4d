import { useEffect, useState } from "preact/hooks";

/** A value that several parts of the page share and that lives as long as the page: toasts, open dialogs, commands. */
export interface Store<Value> {
  get: () => Value;
  set: (change: Value | ((before: Value) => Value)) => void;
  subscribe: (listener: () => void) => () => void;
}

export function createStore<Value>(initial: Value): Store<Value> {
  let value = initial;
  const listeners = new Set<() => void>();
  return {
    get: () => value,
    set: (change) => {
      value = typeof change === "function" ? (change as (before: Value) => Value)(value) : change;
      for (const listener of listeners) listener();
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

export function useStore<Value>(store: Store<Value>): Value {
  const [value, setValue] = useState(store.get);
  useEffect(() => {
    const read = () => setValue(() => store.get());
    // It may have changed between the first render and this effect.
    read();
    return store.subscribe(read);
  }, [store]);
  return value;
}
