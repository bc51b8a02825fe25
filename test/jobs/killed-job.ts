import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import type { InitialRecords, Simulator } from "../../simulator/index.ts";
import { end, succession, warm } from "../store/sqlite/processes.ts";
import type { Answer, TestGateway } from "../support/gateway.ts";
import { postJson } from "../support/post.ts";
import { jobsOf, rentRow, rents, type ShownJob, unitsOf } from "./start.ts";

/** Milliseconds after which Alma no longer performs a sent write. */
const LATEST = 1_500;

/** False statements in a job's rows, provided that no other caller sets these rows' rents. */
export function findFaults(
  rows: readonly { readonly number: number; readonly state: string }[],
  alma: Simulator,
) {
  const sent = new Map<number, number>();
  for (const { method, path, status } of alma.log.entries) {
    const id = Number(/units\/(\d+)\/$/.exec(path)?.[1]);
    if (method === "PATCH" && status !== 429) sent.set(id, (sent.get(id) ?? 0) + 1);
  }
  const isSet = (number: number) => Number(alma.data.units.get(number)?.goal_rent_cost) === 2_000 + number;
  const of = (state: string) => rows.filter((row) => row.state === state).map(({ number }) => number);
  return {
    doubled: [...sent].filter(([, times]) => times > 1),
    lost: of("DONE").filter((number) => !isSet(number)),
    toldOtherwise: of("FAILED").filter(isSet),
  };
}

interface Run {
  readonly data: InitialRecords;
  /** The number of the job's rows. */
  readonly count: number;
  readonly kills: number;
  /** The share of Alma's answers that fail; a third of the failed writes are performed late. */
  readonly rate: number;
  readonly env?: Record<string, string>;
  /** Starts the job at a gateway, and resolves with its id. */
  begin(query: TestGateway["query"], address: string): Promise<string>;
}

/**
 * Runs a job over an Alma with failing answers and late writes, while gateways on one file are killed one after the
 * other.
 */
export async function runKilled({ data, count, kills, rate, env, begin }: Run) {
  const { alma, path, spawn } = await succession(
    { size: 0, data },
    {
      ALMA_TIMEOUT: "1",
      // On a busy machine, requests arrive later than their counted start.
      WRITE_SETTLING_TIME: "3",
      DEADLINE: "20",
      CATALOG: "off",
      ...env,
    },
  );
  let gateway = spawn();
  await warm(gateway);
  const query = async (text: string, variables?: object) =>
    (await postJson(`${await gateway.address()}/graphql`, { query: text, variables })) as Answer;
  alma.faults.add({
    kind: "late",
    ms: () => Math.random() * LATEST,
    rate: rate / 3,
    when: ({ method }) => method === "PATCH" || method === "POST",
  });
  alma.faults.mix(rate, LATEST);
  const id = await begin(query as TestGateway["query"], await gateway.address());
  const counts = async () =>
    (await query(`{ job(id: "${id}") { state done failed unknown left } }`).catch(() => undefined))?.data
      ?.job;
  for (let kill = 1; kill <= kills; kill++) {
    const until = count - Math.floor((kill * count) / (kills + 1));
    for (let seen = await counts(); !seen || seen.left > until; seen = await counts()) await sleep(20);
    await end(gateway, "SIGKILL");
    gateway = spawn();
  }
  for (let now = await counts(); now?.state !== "OVER"; now = await counts()) await sleep(100);
  await sleep(2 * LATEST);
  alma.faults.clear();
  const rows: ShownJob["rows"][number][] = [];
  for (let after = 0; after < count; after += 500) {
    const { data } = await query(
      `{ job(id: "${id}") { rows(after: ${after}, first: 500) { number state variables payload userErrors { code message } error { code message } } } }`,
    );
    rows.push(...data.job.rows);
  }
  const { state: _, ...outcome } = await counts();
  await end(gateway, "SIGTERM");
  const file = await readFile(path, "latin1");
  await alma.close();
  return { alma, rows, outcome, file };
}

/** Sets the rents of units in one job, and returns the false statements of its results. */
export async function killJob(count: number, kills: number, rate: number, env: Record<string, string> = {}) {
  const rows = Array.from({ length: count }, (_, index) => rentRow(index + 1, 2_001 + index));
  const run = await runKilled({
    ...{ data: unitsOf(count), count, kills, rate, env },
    begin: async (query) => (await jobsOf(query).start(rents, rows, { idempotencyKey: "all" })).job.id,
  });
  const isInClear = /mutation Rents|idempotencyKey/.test(run.file);
  return { told: run.rows.length, outcome: run.outcome, isInClear, ...findFaults(run.rows, run.alma) };
}
