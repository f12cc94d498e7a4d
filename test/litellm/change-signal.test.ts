import { describe, expect, it } from "vitest";
import { ChangeSignal } from "../../server/litellm/change-signal.ts";

describe("a change", () => {
  it("wakes everybody who waits, once", async () => {
    const changes = new ChangeSignal();
    const woken: string[] = [];
    const waiting = ["a", "b"].map((name) => changes.next().then(() => woken.push(name)));
    changes.fire();
    await Promise.all(waiting);
    expect(woken).toEqual(["a", "b"]);
  });

  it("is not awaited longer than the timeout", async () => {
    await expect(new ChangeSignal().next(1)).resolves.toBeUndefined();
  });

  it("is not awaited any more after an abort, before or meanwhile", async () => {
    const changes = new ChangeSignal();
    const over = new AbortController();
    const waiting = changes.next(undefined, over.signal);
    over.abort(new Error("over"));
    await expect(waiting).rejects.toThrow("over");
    await expect(changes.next(undefined, over.signal)).rejects.toThrow("over");
  });
});
