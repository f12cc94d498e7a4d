import { expect, test } from "vitest";
import { CallsUnderWay } from "../../server/gateway/calls-under-way.ts";
import { LedgerLanes } from "../../server/gateway/ledger-lanes.ts";
import { lowestIdToOpen, uuidV7 } from "../../server/kernel/ids.ts";
import { ledger } from "./ledger.ts";

const MINUTE_MS = 60_000;
const { context, clock, call, end, createJob, endJob } = await ledger();

/** What a sweeper goes by is told by the lanes themselves, so that no caller can forget it. */
test("no call in flight has an id below the one that is told", async () => {
  const lanes = new LedgerLanes(context);
  const first = call(await createJob(), { stream: true });
  await lanes.open(first);
  expect(lanes.underWay.streams()).toEqual({ callIds: [first.callId], jobIds: [first.jobId] });
  clock.advance(60 * MINUTE_MS);
  const second = call(await createJob());
  await lanes.open(second);
  expect(lanes.underWay.lowestId(clock.now())).toBe(first.callId);
  await lanes.settle(end(first));
  expect(lanes.underWay.streams()).toEqual({ callIds: [], jobIds: [] });
  clock.advance(60 * MINUTE_MS);
  expect(lanes.underWay.lowestId(clock.now())).toBe(second.callId);
  await lanes.settle(end(second));
  expect(lanes.underWay.lowestId(clock.now())).toBe(lowestIdToOpen(clock.now()));
});

test("a refused call is under way no more", async () => {
  const lanes = new LedgerLanes(context);
  const jobId = await createJob();
  await endJob(jobId, "completed");
  expect(await lanes.open(call(jobId))).toMatchObject({ outcome: "job_ended" });
  clock.advance(60 * MINUTE_MS);
  expect(lanes.underWay.lowestId(clock.now())).toBe(lowestIdToOpen(clock.now()));
});

test("a call whose open may have been committed stays until its end is booked", async () => {
  const lanes = new LedgerLanes({
    ...context,
    database: { ...context.database, query: () => Promise.reject(new Error("connection lost")) },
  });
  const item = call(await createJob());
  await expect(lanes.open(item)).rejects.toMatchObject({ code: "database_unavailable" });
  clock.advance(60 * MINUTE_MS);
  expect(lanes.underWay.lowestId(clock.now())).toBe(item.callId);
  lanes.stop();
  await lanes.drained();
});

test("a call whose id is older than what was told is not opened", async () => {
  const underWay = new CallsUnderWay();
  const item = call(await createJob(), { callId: uuidV7(clock.now() - 5 * MINUTE_MS - 1) });
  expect(() => underWay.begin(item, clock.now())).toThrow(/could not begin in time/);
  expect(underWay.lowestId(clock.now())).toBe(lowestIdToOpen(clock.now()));
});
