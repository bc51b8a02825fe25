import { setTimeout as sleep } from "node:timers/promises";
import { createSimulator, type Simulator } from "../../../simulator/index.ts";
import { type Cluster, startCluster } from "./cluster.ts";
import type { Member } from "./member.ts";
import type { Figures } from "./part.ts";

const rounds = 7;

/** CPU of idle processes, in milliseconds per second. */
async function idleOf(members: readonly Member[]): Promise<readonly number[]> {
  const [begun, before] = [performance.now(), members.map((member) => member.cpu())];
  await sleep(5_000);
  const passed = (performance.now() - begun) / 1_000;
  return members.map((member, n) => (member.cpu() - (before[n] ?? 0)) / passed);
}

/** CPU of the processes in milliseconds per request to one of them, above their idle CPU. */
async function costOf(
  asked: Member,
  members: readonly Member[],
  idle: readonly number[],
  requestOf: () => string,
  requests: number,
): Promise<readonly number[]> {
  const [begun, before] = [performance.now(), members.map((member) => member.cpu())];
  for (let n = 0; n < requests; n++) {
    const answer = await asked.ask(requestOf());
    if (!answer?.data || answer.errors) throw new Error(`It was not answered: ${answer?.text}`);
  }
  const passed = (performance.now() - begun) / 1_000;
  return members.map((member, n) => (member.cpu() - (before[n] ?? 0) - passed * (idle[n] ?? 0)) / requests);
}

/** The least of several rounds after a warm-up: other load only adds. */
async function leastCost(...[asked, members, idle, requestOf, requests]: Parameters<typeof costOf>) {
  const costs: (readonly number[])[] = [];
  for (let round = -4; round < rounds; round++) {
    const cost = await costOf(asked, members, idle, requestOf, requests);
    if (round >= 0) costs.push(cost);
  }
  return members.map((_, n) => Math.min(...costs.map((cost) => cost[n] ?? 0)));
}

/** CPU milliseconds per record that the refresh reads again over HTTP. */
async function costOfRefresh(main: string, alma: Simulator, idle: number): Promise<number> {
  const { members, stop } = await startCluster(main, alma, 1, { REFRESH_RATE: "200", CATALOG_MAX_AGE: "2" });
  const calls = alma.log.total;
  const [busy = 0] = await idleOf(members);
  const read = (alma.log.total - calls) / 5;
  await stop();
  return (busy - idle) / read;
}

/** CPU per request of a single process, of a leader, and of a process that forwards. */
export async function measurePrice(main: string): Promise<Figures> {
  const alma = await createSimulator({ size: 1, keepLog: 1_000 });
  const env = { MAX_AGE: "86400", CATALOG_MAX_AGE: "86400", LOG_LEVEL: "info" };
  const units = alma.data.units.all();
  let n = 0;
  const lookup = () => {
    n++;
    return `query Q${n % 7} { unit(ref: { almaId: ${units[n % units.length]?.id} }) { name status building { name } } }`;
  };
  const report = () =>
    "{ tenantContracts(first: 200) { nodes { startDate endDate price client { firstName lastName } } } }";
  const [client = 0] = alma.data.clients.all().map(({ id }) => id);
  const write = () =>
    `mutation { updateClient(ref: { almaId: ${client} }, input: { phone: "+9715${n++}" }) { client { phone } } }`;
  const figures: (readonly [string, string | number, number?])[] = [];
  const alone: Cluster = await startCluster(main, alma, 1, env);
  const [single] = alone.members as [Member];
  const idleSingle = await idleOf([single]);
  const singleCosts: Record<string, number> = {};
  const questions = { lookup: [lookup, 1_000], report: [report, 400], write: [write, 150] } as const;
  for (const [name, [requestOf, requests]] of Object.entries(questions))
    [singleCosts[name] = 0] = await leastCost(single, [single], idleSingle, requestOf, requests);
  await alone.stop();
  figures.push([
    "a record that is read again, ms",
    (await costOfRefresh(main, alma, idleSingle[0] ?? 0)).toFixed(3),
  ]);
  const cluster = await startCluster(main, alma, 2, env);
  const leader = (await cluster.leader()) as Member;
  const standby = cluster.members.find((member) => member !== leader) as Member;
  const both = [leader, standby];
  const idle = await idleOf(both);
  figures.push([
    "idle, ms of CPU a second: alone; leader; standby",
    [...idleSingle, ...idle].map((ms) => ms.toFixed(1)).join("; "),
  ]);
  for (const [name, [requestOf, requests]] of Object.entries(questions)) {
    const [direct = 0] = await leastCost(leader, both, idle, requestOf, requests);
    const [handed = 0, handing = 0] = await leastCost(standby, both, idle, requestOf, requests);
    figures.push([`${name}: a process alone, ms`, (singleCosts[name] ?? 0).toFixed(3)]);
    figures.push([`${name}: a leader that is asked, ms`, direct.toFixed(3)]);
    figures.push([`${name}: a leader that it is handed to, ms`, handed.toFixed(3)]);
    const forwarded = `${name}: the process that hands it on, ms`;
    figures.push(name === "lookup" ? [forwarded, handing.toFixed(3), 0.4] : [forwarded, handing.toFixed(3)]);
  }
  await cluster.stop();
  await alma.close();
  return figures;
}
