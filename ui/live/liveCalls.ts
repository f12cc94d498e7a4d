import { useEffect, useRef, useState } from "preact/hooks";
import type { FoundCallView } from "../../server/calls/schema.ts";
import { type Parameters, withParameters } from "../api.ts";
import { after, emptyTail, type Tail, type TailEvent } from "./tail.ts";

/** Events within this time are drawn at once: a busy platform has hundreds a second. */
const drawMs = 200;

export type Connection = "connecting" | "open" | "lost" | "refused";

export interface LiveCalls {
  tail: Tail;
  connection: Connection;
  paused: boolean;
  /** Events that came while it was paused. */
  waiting: number;
  setPaused: (paused: boolean) => void;
  clear: () => void;
  reconnect: () => void;
}

/**
 * The server's tail of calls. Connecting → open; a lost connection is made again by the browser; a refused one (session, too many
 * tails) waits for `reconnect`. While paused, events wait and the list stands still.
 */
export function useLiveCalls(parameters: Parameters): LiveCalls {
  const address = withParameters("/api/calls/live", parameters);
  const [attempt, setAttempt] = useState(0);
  const [tail, setTail] = useState(emptyTail);
  const [connection, setConnection] = useState<Connection>("connecting");
  const [paused, setPaused] = useState(false);
  const [waiting, setWaiting] = useState(0);
  const events = useRef<TailEvent[]>([]);
  const isPaused = useRef(false);
  isPaused.current = paused;

  useEffect(() => {
    events.current = [];
    setTail(emptyTail);
    setConnection("connecting");
    const source = new EventSource(address);
    source.onopen = () => setConnection("open");
    source.onerror = () =>
      setConnection(source.readyState === EventSource.CLOSED ? "refused" : "lost");
    const take = ({ data }: MessageEvent<string>) =>
      void events.current.push(JSON.parse(data) as FoundCallView);
    source.addEventListener("started", take);
    source.addEventListener("ended", take);
    source.addEventListener("passed_over", () => void events.current.push("passed_over"));
    return () => source.close();
  }, [address, attempt]);

  useEffect(() => {
    const draw = () => {
      setWaiting(isPaused.current ? events.current.length : 0);
      if (isPaused.current || events.current.length === 0) return;
      const come = events.current.splice(0);
      setTail((before) => after(before, come));
    };
    const timer = setInterval(draw, drawMs);
    return () => clearInterval(timer);
  }, []);

  return {
    tail,
    connection,
    paused,
    waiting,
    setPaused,
    clear: () => setTail(emptyTail),
    reconnect: () => setAttempt((count) => count + 1),
  };
}
