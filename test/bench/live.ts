import { mkdtempSync, rmSync } from "node:fs";
import { Agent, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createSimulator } from "../../simulator/index.ts";
import { start } from "./child.ts";

/**
 * The cost and latency of streams: a gateway's CPU with `LISTENERS` listeners of 20 live queries, compared with 20
 * polls per second of the same queries, with `CHANGES` per second in Alma and without changes; the delay from the read
 * that detects a change to the listeners; and whether a reader of changes received all changes that Alma made.
 */
const LISTENERS = Number(process.env.LISTENERS ?? 1_000);
const CHANGES = Number(process.env.CHANGES ?? 1);
const SECONDS = Number(process.env.SECONDS ?? 20);
const DOCUMENTS = 20;

const folder = mkdtempSync(join(tmpdir(), "alma-bench-"));
const alma = await createSimulator({ size: { buildings: 20, units: 600, rooms: 600 }, keepLog: 10 });
const gateway = await start("gateway.ts", {
  ALMA_URL: alma.url,
  ALMA_API_KEY: alma.apiKey,
  STORE_URL: `sqlite:${join(folder, "gateway.db")}`,
  STORE_KEY: "off",
});
const units = alma.data.units.all().map(({ id }) => id);
const buildings = alma.data.buildings.all().map(({ id }) => id);
/** Half of the queries list all units, half the units of one building. */
const documents = Array.from({ length: DOCUMENTS }, (_, index) => {
  const list = `first: 20, filter: { name: { ne: "${index}" } }`;
  return index % 2 === 0
    ? `units(${list}) { totalCount nodes { name status address } }`
    : `building(ref: { almaId: ${buildings[index] ?? 0} }) { name units(first: 20) { totalCount nodes { name address } } }`;
});
const agent = new Agent({ keepAlive: true, maxSockets: 32 });

/** Opens a connection; `onLine` receives each line of the answer. */
function open(
  path: string,
  body: object | undefined,
  onLine: (line: string) => void,
  own = false,
): Promise<() => void> {
  return new Promise((resolve, reject) => {
    const headers = {
      accept: body && own ? "text/event-stream" : "application/json",
      "content-type": "application/json",
    };
    const asking = request(
      `${gateway.address}${path}`,
      { method: body ? "POST" : "GET", headers, agent: own ? false : agent },
      (response) => {
        let rest = "";
        response.setEncoding("utf8").on("data", (chunk: string) => {
          const lines = (rest + chunk).split("\n");
          rest = lines.pop() ?? "";
          for (const line of lines) onLine(line);
        });
        if (own) resolve(() => asking.destroy());
        response.on("end", () => resolve(() => {}));
        response.on("error", () => {});
      },
    );
    asking.on("error", reject).end(body && JSON.stringify(body));
  });
}

/** The changes made in Alma: each value and its time. */
const made = new Map<string, number>();
let count = 0;
async function change(): Promise<void> {
  const id = units[++count % units.length] ?? 0;
  const address = `Street ${count}`;
  made.set(address, Date.now());
  alma.data.units.change(id, { address });
  await open("/touch", { records: [{ kind: "UNIT", almaId: id }] }, () => {});
}

/** CPU milliseconds per second while `work` runs at this rate of changes. */
async function measure(changes: number, work: () => Promise<() => void>): Promise<number> {
  const stop = await work();
  await sleep(3_000);
  const before = await gateway.cpu();
  const began = performance.now();
  while (performance.now() - began < SECONDS * 1_000) {
    if (changes > 0) await change();
    await sleep(1_000 / Math.max(1, changes));
  }
  const used = (await gateway.cpu()) - before;
  const seconds = (performance.now() - began) / 1_000;
  stop();
  await sleep(1_000);
  return used / seconds;
}

let polled = 0;
async function poll(): Promise<() => void> {
  let index = 0;
  const timer = setInterval(() => {
    const query = `query { ${documents[index++ % DOCUMENTS]} }`;
    void open("/graphql", { query }, () => {}).then(() => polled++);
  }, 1_000 / 20);
  return () => clearInterval(timer);
}

let answers = 0;
async function listen(): Promise<() => void> {
  const closing: (() => void)[] = [];
  for (let index = 0; index < LISTENERS; index++) {
    const query = `query @live { ${documents[index % DOCUMENTS]} }`;
    closing.push(
      await open("/graphql/stream", { query }, (line) => line.startsWith("data: {") && answers++, true),
    );
  }
  while (answers < LISTENERS) await sleep(50);
  return () => {
    for (const close of closing) close();
  };
}

/** The 50th and 95th of a hundred. */
function quantiles(values: readonly number[]): string {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number) => Math.round(sorted[Math.floor(share * sorted.length)] ?? Number.NaN);
  return `${at(0.5)} ms (p95 ${at(0.95)}), of ${sorted.length}`;
}

const show = (text: string) => process.stdout.write(`${text}\n`);
const idle = async () => () => {};
for (const changes of [0, CHANGES]) {
  const base = await measure(changes, idle);
  const polls = await measure(changes, poll);
  const before = answers;
  const streams = await measure(changes, listen);
  const sent = answers - before - LISTENERS;
  const ratio = (streams - base) / (polls - base);
  show(
    `${changes} changes a second: ${base.toFixed(1)} ms of CPU a second without callers, ${polls.toFixed(1)} with 20 polls, ` +
      `${streams.toFixed(1)} with ${LISTENERS} listeners: ${(streams / polls).toFixed(2)} of polls, ${ratio.toFixed(2)} without the rest; ` +
      `${sent} answers sent after the first`,
  );
}

/** From the read that detects a change until a listener receives it. */
const told: number[] = [];
const seenAt = new Map<string, number>();
const close = await open(
  "/changes?after=now",
  undefined,
  (line) => {
    if (line === "") return;
    const { after, notAfter } = JSON.parse(line) as { after: string; notAfter: string };
    told.push(Date.now() - Date.parse(notAfter));
    seenAt.set(after, Date.parse(notAfter));
  },
  true,
);
const first = count + 1;
const shownAt = new Map<string, number>();
const list = "query @live { units(first: 600) { nodes { address } } }";
const closeLive = await open(
  "/graphql/stream",
  { query: list },
  (line) => {
    for (const [address] of line.matchAll(/Street \d+/g))
      if (!shownAt.has(address)) shownAt.set(address, Date.now());
  },
  true,
);
await sleep(2_000);
for (let index = 0; index < 100; index++) {
  await change();
  await sleep(300 + Math.random() * 400);
}
await sleep(5_000);
const expected = [...made.keys()].slice(first - 1);
const live = expected.flatMap((address) => {
  const [seen, shown] = [seenAt.get(address), shownAt.get(address)];
  return seen === undefined || shown === undefined ? [] : [shown - seen];
});
show(`a change is at a reader of /changes after ${quantiles(told)}`);
show(`a change is in a live query after ${quantiles(live)}`);
show(
  `changes of Alma that were not told: ${expected.filter((address) => !seenAt.has(address)).length} of ${expected.length}`,
);
close();
closeLive();
await gateway.stop();
await alma.close();
rmSync(folder, { recursive: true });
process.exit(0);
