import { createSimulator } from "../../../simulator/index.ts";
import { disturbed, startCluster } from "./cluster.ts";
import type { Member } from "./member.ts";
import type { Figures } from "./part.ts";

/** How a renamed building is read; each query selects `name` and `address`. */
const looks: readonly ((id: number, value: string) => string)[] = [
  (id) => `{ found: building(ref: { almaId: ${id} }) { name address } }`,
  (_, value) => `{ buildings(filter: { address: { eq: "${value}" } }) { nodes { name address } } }`,
  () => "{ buildings(first: 200) { nodes { name address } } }",
  (
    _,
    value,
  ) => `{ buildings(first: 200, orderBy: [{ field: NAME }], filter: { name: { contains: "${value}" } }) {
    nodes { name address } } }`,
];

const write = (id: number, value: string) =>
  `mutation { updateBuilding(ref: { almaId: ${id} }, input: { name: "${value}", address: "${value}" }) {
    building { address } userErrors { code } } }`;

/**
 * Writes through one process and immediately reads through another, by ref and through connections, where only the
 * write can cause a new read; in the second half leaders are killed and stopped.
 */
export async function measureReads(main: string): Promise<Figures> {
  const count = Number(process.env.READS ?? 10_000);
  const alma = await createSimulator({ size: { buildings: 100, clients: 20 }, latency: 5, keepLog: 1_000 });
  const cluster = await startCluster(main, alma, 3, {
    MAX_AGE: "86400",
    CATALOG_MAX_AGE: "86400",
    ALMA_TIMEOUT: "2",
    LEASE: "1",
  });
  const { members } = cluster;
  const ids = alma.data.buildings.all().map(({ id }) => id);
  const faults: string[] = [];
  const unsure: Record<string, number> = {};
  let [checks, writes] = [0, 0];
  const member = (n: number) => members[n % members.length] as Member;
  const work = (until: number) =>
    Promise.all(
      Array.from({ length: 8 }, async (_, worker) => {
        for (let round = 0; checks < until; round++) {
          const id = ids[(worker + 8 * round) % 96] as number;
          const value = `w${++writes}.`;
          const answer = await member(writes).ask(write(id, value));
          if (answer?.data?.updateBuilding?.building?.address !== value) {
            const told = answer?.data?.updateBuilding?.userErrors[0] ?? answer?.errors?.[0]?.extensions;
            const code = told?.code ?? "no answer";
            unsure[code] = (unsure[code] ?? 0) + 1;
            continue;
          }
          // The other two processes and all queries in turn.
          for (const other of [1, 2]) {
            const query = (looks[(round + other) % looks.length] as (typeof looks)[number])(id, value);
            const seen = await member(writes + other).ask(query);
            if (!seen?.data || seen.errors) continue;
            checks++;
            if (!seen.text.includes(`{"name":"${value}","address":"${value}"}`))
              faults.push(`${query} after ${value}: ${seen.text.slice(0, 200)}`);
          }
        }
      }),
    );
  await work(count / 2);
  const rest = work(count);
  const { kills, stops } = await disturbed(cluster, { every: 4_000, pause: 3_500 }, rest);
  await rest;
  await cluster.stop();
  await alma.close();
  return [
    ["read through another process than it was written", `${checks} reads, ${kills} kills, ${stops} stops`],
    ["writes that were not surely done", JSON.stringify(unsure)],
    [`do not show the write ${faults.slice(0, 3).join("; ")}`, faults.length, 0],
  ];
}
