import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import type { Simulator } from "../../../simulator/index.ts";
import { end, succession, warm } from "../../store/sqlite/processes.ts";
import type { Answer, TestGateway } from "../../support/gateway.ts";
import { postJson } from "../../support/post.ts";
import { jobsOf, rentRow, rents, unitsOf } from "./start.ts";

/** Milliseconds after which nothing is carried out any more that was sent. */
const LATEST = 1_500;

/** What a job was told of its rows that is not so, where no row's rent is set by anybody else. */
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

/**
 * Sets the rents of units by one job, over an Alma of which `rate` of the answers fail and some writes are carried out late,
 * while gateways on one file are killed one after the other.
 */
export async function killJob(count: number, kills: number, rate: number, env: Record<string, string> = {}) {
  const { alma, path, spawn } = await succession(
    { size: 0, data: unitsOf(count) },
    {
      ALMA_TIMEOUT: "1",
      WRITE_SETTLING_TIME: "2",
      DEADLINE: "20",
      CATALOG: "off",
      MAX_PAGE: "1000",
      ...env,
    },
  );
  let gateway = spawn();
  await warm(gateway);
  const query = async (text: string, variables?: object) =>
    (await postJson(`${await gateway.address()}/graphql`, { query: text, variables })) as Answer;
  const jobs = jobsOf(query as TestGateway["query"]);
  alma.faults.add({
    kind: "late",
    ms: () => Math.random() * LATEST,
    rate: rate / 3,
    when: ({ method }) => method === "PATCH",
  });
  alma.faults.mix(rate);
  const rows = Array.from({ length: count }, (_, index) => rentRow(index + 1, 2_001 + index));
  const { job } = await jobs.start(rents, rows, { idempotencyKey: "all" });
  const counts = async () =>
    (await query(`{ job(id: "${job.id}") { state done failed unknown left } }`).catch(() => undefined))?.data
      ?.job;
  for (let kill = 1; kill <= kills; kill++) {
    const until = count - Math.floor((kill * count) / (kills + 1));
    for (let seen = await counts(); !seen || seen.left > until; seen = await counts()) await sleep(20);
    await end(gateway, "SIGKILL");
    gateway = spawn();
  }
  const seen: object[] = [];
  for (let now = await counts(); now?.state !== "OVER"; now = await counts()) {
    seen.push(now);
    await sleep(100);
  }
  await sleep(2 * LATEST);
  alma.faults.clear();
  const told: { number: number; state: string }[] = [];
  for (let after = 0; after < count; after += 500) {
    const { data } = await query(
      `{ job(id: "${job.id}") { rows(after: ${after}, first: 500) { number state } } }`,
    );
    told.push(...data.job.rows);
  }
  const { state: _, ...outcome } = await counts();
  await end(gateway, "SIGTERM");
  const file = await readFile(path, "latin1");
  const faults = findFaults(told, alma);
  await alma.close();
  return { told: told.length, outcome, isInClear: /mutation Rents|idempotencyKey/.test(file), ...faults };
}
