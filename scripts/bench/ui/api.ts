import { type Size, teamId } from "./fill-tenants.ts";
import { median, percentile } from "../statistics.ts";
import { type Asked, type Found, requests } from "./requests.ts";

export interface ApiFigure {
  name: string;
  path: string;
  p50Ms: number;
  p95Ms: number;
}

/** The admin API of a running server as somebody signed in asks it. */
export interface Admin {
  url: string;
  cookie: string;
}

/** Milliseconds of every request, asked in turn `rounds` times after one that is not counted. Throws where one is refused. */
export async function measureApi(admin: Admin, found: Found, rounds: number): Promise<ApiFigure[]> {
  const asked = await withSecondPages(admin, requests(found));
  const times = new Map(asked.map(({ path }) => [path, [] as number[]]));
  for (let round = 0; round <= rounds; round += 1) {
    for (const { path } of asked) {
      const { ms } = await get(admin, path);
      if (round > 0) times.get(path)!.push(ms);
    }
  }
  return asked.map(({ name, path }) => ({
    ...{ name, path },
    p50Ms: median(times.get(path)!),
    p95Ms: percentile(times.get(path)!, 0.95),
  }));
}

async function withSecondPages(admin: Admin, asked: readonly Asked[]): Promise<Asked[]> {
  const all: Asked[] = [];
  for (const one of asked) {
    all.push(one);
    if (!one.pages) continue;
    const { body } = await get<{ next: string | null }>(admin, one.path);
    if (body.next === null) continue;
    const separator = one.path.includes("?") ? "&" : "?";
    const path = `${one.path}${separator}cursor=${encodeURIComponent(body.next)}`;
    all.push({ name: `${one.name}, second page`, path });
  }
  return all;
}

/** The answer, and how long it took with all of its body. */
export async function get<Body>(
  { url, cookie }: Admin,
  path: string,
): Promise<{ ms: number; body: Body }> {
  const startedMs = performance.now();
  const response = await fetch(url + path, { headers: { cookie } });
  const text = await response.text();
  const ms = performance.now() - startedMs;
  if (!response.ok) throw new Error(`${path} answered ${response.status}: ${text}`);
  return { ms, body: JSON.parse(text) as Body };
}

/** What the questions are about. */
export async function find(admin: Admin, { teams }: Size): Promise<Found> {
  const jobs = await get<{ data: { job_id: string }[] }>(admin, "/api/jobs?limit=1");
  const jobId = jobs.body.data[0]!.job_id;
  const job = await get<{ calls: { call_id: string }[] }>(admin, `/api/jobs/${jobId}`);
  const batches = await get<{ data: { batch_id: string }[] }>(admin, "/api/top-up-batches?limit=1");
  return {
    jobId,
    callId: job.body.calls[0]!.call_id,
    batchId: batches.body.data[0]!.batch_id,
    smallTeam: teamId(teams / 2 + 3),
  };
}
