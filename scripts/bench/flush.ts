import { closeSync, fdatasyncSync, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { median } from "./statistics.ts";

const PAGE_BYTES = 4096;
/** As PostgreSQL's WAL: written once before, so that a flush does not grow the file. */
const PAGES = 256;

/** Milliseconds that writing 4 KB and fdatasync take in a folder: the floor of any durable commit. The median. */
export function measureFlush(folder: string): number {
  const path = join(folder, "flush");
  const page = Buffer.alloc(PAGE_BYTES, 1);
  const file = openSync(path, "w");
  try {
    writeSync(file, Buffer.alloc(PAGE_BYTES * PAGES));
    fdatasyncSync(file);
    const times = Array.from({ length: PAGES }, (_, index) => {
      const started = performance.now();
      writeSync(file, page, 0, PAGE_BYTES, index * PAGE_BYTES);
      fdatasyncSync(file);
      return performance.now() - started;
    });
    return median(times);
  } finally {
    closeSync(file);
    rmSync(path);
  }
}
