import { setTimeout as sleep } from "node:timers/promises";
import { createSimulator, type LogEntry, type Simulator } from "../../../simulator/index.ts";
import { startCluster, whenReady } from "./cluster.ts";
import { type Answer, type Member, until } from "./member.ts";
import type { Figures } from "./part.ts";

const isDetail = ({ method, path }: LogEntry) => method === "GET" && /\d\/$/.test(path);
const seconds = (ms: readonly number[]) =>
  `${(([...ms].sort((a, b) => a - b)[ms.length >> 1] ?? 0) / 1_000).toFixed(2)} s, at most ${(Math.max(...ms) / 1_000).toFixed(2)} s`;

/**
 * The paths of details that a leader reads twice a minute today in any case: the rental objects and clients of
 * contracts that start or end today, whose statuses follow the calendar.
 */
function changingToday({ clock, data }: Simulator): ReadonlySet<string> {
  const today = clock.today();
  const contracts = [...data.ownerContracts.all(), ...data.tenantContracts.all()].filter(
    (contract) => contract.start_date === today || contract.end_date === today,
  );
  return new Set(
    contracts.flatMap(({ unit_id, client_id }) => [
      `realty/units/${unit_id}/`,
      `realty/rooms/${unit_id}/`,
      `realty/clients/${client_id}/`,
    ]),
  );
}

/** How a leader is lost and returns. */
const losses: Readonly<
  Record<string, { lose(leader: Member): Promise<unknown>; back(leader: Member): unknown }>
> = {
  killed: { lose: (leader) => leader.end("SIGKILL"), back: (leader) => leader.start() },
  stopped: {
    lose: async (leader) => leader.signal("SIGSTOP"),
    back: (leader) => leader.signal("SIGCONT"),
  },
  "told to leave": {
    lose: async (leader) => leader.signal("SIGTERM"),
    back: (leader) => leader.end().then(() => leader.start()),
  },
};

/**
 * The time from the loss of a leader until another process has answered a query and done a write, both sent at that
 * moment; and the number of known records read before that write, excluding those read every 30 s in any case.
 */
export async function measureFailover(main: string): Promise<Figures> {
  const rounds = Number(process.env.ROUNDS ?? 5);
  const figures: (readonly [string, string | number, number?])[] = [];
  for (const lease of ["1", "2"]) {
    const alma = await createSimulator({ size: 1, latency: 5 });
    const cluster = await startCluster(main, alma, 3, {
      MAX_AGE: "86400",
      CATALOG_MAX_AGE: "86400",
      LEASE: lease,
      LEADER_WAIT: "30",
    });
    const [client = 0] = alma.data.clients.all().map(({ id }) => id);
    const took = async (work: Promise<Answer | undefined>) => {
      const begun = performance.now();
      const answer = await work;
      if (!answer?.data || answer.errors) throw new Error(`It was not answered: ${answer?.text}`);
      return performance.now() - begun;
    };
    let writes = 0;
    for (const [name, { lose, back }] of Object.entries(losses)) {
      const [queries, mutations]: [number[], number[]] = [[], []];
      let read = 0;
      for (let round = 0; round < rounds; round++) {
        const leader = (await cluster.leader()) as Member;
        const other = cluster.members.find((member) => member !== leader) as Member;
        // Records that the last write invalidated are read again meanwhile.
        await sleep(3_000);
        alma.log.clear();
        await lose(leader);
        const answered = took(other.ask("{ units { totalCount nodes { name building { name address } } } }"));
        const write = `mutation { updateClient(ref: { almaId: ${client} }, input: { phone: "+97150${++writes}" }) {
          client { phone } userErrors { code } } }`;
        const writing = took(other.ask(write));
        queries.push(await answered);
        const { entries } = alma.log;
        const written = entries.findIndex(({ method }) => method === "PATCH");
        const changing = changingToday(alma);
        const before = entries.slice(0, written === -1 ? entries.length : written);
        read += before.filter((entry) => isDetail(entry) && !changing.has(entry.path)).length;
        mutations.push(await writing);
        await back(leader);
        await until(async () => (await leader.ready()).role === "standby" || (await leader.leads()));
        await whenReady(cluster.members);
      }
      figures.push([`LEASE=${lease}, ${name}: a query is answered after`, seconds(queries)]);
      figures.push(["the longest of them, s", (Math.max(...queries) / 1_000).toFixed(2), 5]);
      figures.push([`LEASE=${lease}, ${name}: a write is done after`, seconds(mutations)]);
      figures.push(["single records read again", read, 0]);
    }
    await cluster.stop();
    await alma.close();
  }
  return figures;
}
