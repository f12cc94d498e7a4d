import process from "node:process";

/** Short enough that whoever follows the log sees no delay. */
const GATHER_MS = 20;

/**
 * Gathers lines for a moment and writes them as one text: under load a write for each costs more than the request's own
 * routing. What is gathered is written when the process exits; only a kill can lose it.
 */
export function gatherLines(write: (text: string) => void): (line: string) => void {
  let gathered = "";
  const flush = () => {
    const text = gathered;
    gathered = "";
    if (text !== "") write(text);
  };
  process.on("exit", flush);
  return (line) => {
    if (gathered === "") setTimeout(flush, GATHER_MS);
    gathered += line;
  };
}
