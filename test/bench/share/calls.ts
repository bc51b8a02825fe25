import { setTimeout as sleep } from "node:timers/promises";
import { createSimulator, type Simulator } from "../../../simulator/index.ts";
import { startCluster } from "./cluster.ts";
import type { Figures } from "./part.ts";

/** Milliseconds between two requests, and of the whole load. */
const [interval, duration] = [25, 60_000];

/** Screens, lists and some writes, the same in every run. */
function requestOf(n: number, { data }: Simulator): string {
  const [units, clients, contracts] = [data.units.all(), data.clients.all(), data.tenantContracts.all()];
  const idOf = (rows: readonly { readonly id: number }[]) => rows[(n * 7919) % rows.length]?.id;
  const sorts = [
    `{ unit(ref: { almaId: ${idOf(units)} }) { name status building { address } rooms { nodes { name status } } } }`,
    `{ client(ref: { almaId: ${idOf(clients)} }) { firstName phone tenantContracts { nodes { price } } } }`,
    `{ tenantContract(ref: { almaId: ${idOf(contracts)} }) { price client { phone } rentalObject { name } } }`,
    "{ tenantContracts(first: 50, orderBy: [{ field: PRICE }]) { totalCount nodes { price client { phone } } } }",
    n % 50 === 4
      ? `mutation { updateClient(ref: { almaId: ${idOf(clients)} }, input: { phone: "+97150${n}" }) {
          client { phone } userErrors { code } } }`
      : "{ buildings(first: 50) { nodes { name address } } }",
  ];
  return sorts[n % sorts.length] as string;
}

/** Alma's calls from `count` processes, from their start to the end of a load spread over all of them. */
async function callsOf(main: string, processes: number): Promise<{ warm: number; all: number }> {
  const alma = await createSimulator({ size: 1, latency: 5, keepLog: 1_000 });
  const cluster = await startCluster(main, alma, processes, {
    MAX_AGE: "5",
    CATALOG_MAX_AGE: "40",
    // Keeps the leader from losing its lease on a busy machine.
    LEASE: "10",
    LEADER_WAIT: "60",
  });
  const warm = alma.log.total;
  const begun = performance.now();
  const asked: Promise<void>[] = [];
  for (let n = 0; n < duration / interval; n++) {
    await sleep(Math.max(0, begun + n * interval - performance.now()));
    const answer = cluster.members[n % processes]?.ask(requestOf(n, alma));
    asked.push(
      (answer ?? Promise.resolve(undefined)).then((given) => {
        if (!given?.data || given.errors) throw new Error(`It was not answered: ${given?.text}`);
      }),
    );
  }
  await Promise.all(asked);
  const all = alma.log.total;
  await cluster.stop();
  await alma.close();
  return { warm, all };
}

/** Alma's calls from four processes compared with one, for the same load, including their start. */
export async function measureCalls(main: string): Promise<Figures> {
  const [one, four] = [await callsOf(main, 1), await callsOf(main, 4)];
  return [
    ["calls of one process, of which until it was ready", `${one.all}, ${one.warm}`],
    ["calls of four processes", `${four.all}, ${four.warm}`],
    ["four ÷ one", (four.all / one.all).toFixed(3), 1.05],
  ];
}
