import { setTimeout as sleep } from "node:timers/promises";
import { createSimulator } from "../../../simulator/index.ts";
import { disturbed, startCluster } from "./cluster.ts";
import type { Answer } from "./member.ts";
import { Outside } from "./outside.ts";
import type { Figures } from "./part.ts";

/** Settings for short ages, in seconds. */
const [maxAge, catalogMaxAge] = [2, 10];

/** A query and the maximum age of its values in milliseconds; undefined: the age in its extensions. */
interface Question {
  readonly query: string;
  readonly bound?: number;
  /** The version whose membership the query checks. */
  readonly version?: number;
}

const pick = <T>(items: readonly T[]): T => items[Math.floor(Math.random() * items.length)] as T;

/** Creates a query of a random sort: named records, lists, filters, smaller ages. */
function ask({ ids, clientVersions }: Outside, number: number): Question {
  const named = (rest: string) => ({ query: rest, bound: maxAge * 1_000 });
  const sorts: readonly (() => Question)[] = [
    () => named(`{ building(ref: { almaId: ${pick(ids.buildings)} }) { name address } }`),
    () => named(`{ unit(ref: { almaId: ${pick(ids.units)} }) { header number building { name address } } }`),
    () =>
      named(
        `{ tenantContract(ref: { almaId: ${pick(ids.tenantContracts)} }) { number name client { firstName phone } } }`,
      ),
    () => ({
      query: `query @freshness(maxAge: 1) { room(ref: { almaId: ${pick(ids.rooms)} }) { header number } }`,
      bound: 1_000,
    }),
    () => ({
      query: `query @freshness(maxAge: 0) { building(ref: { almaId: ${pick(ids.buildings)} }) { name address } }`,
      bound: 0,
    }),
    () => ({
      query: "query @freshness(maxAge: 1) { buildings(first: 3) { asOf nodes { name address } } }",
      bound: 1_000,
    }),
    () => ({ query: "{ buildings(first: 100) { asOf totalCount nodes { name address } } }" }),
    () => ({
      query: `{ units(first: 20, filter: { number: { contains: "${number % 10}" } }) {
        asOf nodes { header number rooms { nodes { header number } } } } }`,
    }),
    () => ({
      query: `{ tenantContracts(first: 25, orderBy: [{ field: NAME }]) {
        asOf nodes { number name client { firstName phone } } } }`,
    }),
    () => ({ query: "{ clients(first: 1) { asOf totalCount nodes { phone } } }" }),
    () => {
      const version = pick(clientVersions.slice(-200));
      return {
        query: `{ clients(filter: { firstName: { eq: "v${version}" } }) { asOf totalCount nodes { firstName } } }`,
        version,
      };
    },
  ];
  return (sorts[number % sorts.length] as () => Question)();
}

/** Compares an answer with Alma's history: sentences about violations, and the number of compared values. */
function faultsOf(outside: Outside, clients: number, { query, bound, version }: Question, answer: Answer) {
  const faults: string[] = [];
  const { versions, additions } = outside;
  const { askedAt, answeredAt, text, data, extensions } = answer;
  const oldest = Date.parse(extensions?.alma?.oldest ?? "");
  const values = [...text.matchAll(/"v(\d+)"/g)].map(([, number]) => versions[Number(number)]);
  for (const value of values) {
    if (!value) continue;
    if (value.until < oldest) faults.push(`a value ${oldest - value.until} ms older than "oldest"`);
    const age = Math.floor(askedAt) - value.until;
    if (bound !== undefined && age > bound) faults.push(`a value ${age} ms old, where ${bound} are allowed`);
  }
  const { asOf, totalCount } = data.clients ?? data.buildings ?? data.units ?? data.tenantContracts ?? {};
  const stamp = Date.parse(asOf ?? "");
  if (data.clients && version === undefined) {
    const least = clients + additions.filter((at) => at < stamp).length;
    if (totalCount < least) faults.push(`${totalCount} clients, where there were ${least} at "asOf"`);
  }
  const asked = version === undefined ? undefined : versions[version];
  if (asked && totalCount > 0 && asked.until < stamp)
    faults.push(`a member until ${stamp - asked.until} ms before "asOf"`);
  if (asked && totalCount === 0 && asked.from < stamp && asked.until > Math.ceil(answeredAt))
    faults.push(`a member since ${stamp - asked.from} ms before "asOf" is missing`);
  const isLate = Math.floor(askedAt) - Math.min(oldest, stamp || oldest) > catalogMaxAge * 1_000;
  return { faults: faults.map((fault) => `${fault}: ${query.slice(0, 60)}`), values: values.length, isLate };
}

/**
 * Checks answers of several processes while Alma changes behind them and their leaders are killed and stopped: no value
 * may be older than allowed, and no reported age smaller than the real one.
 */
export async function measureFreshness(main: string): Promise<Figures> {
  const count = Number(process.env.CHECKS ?? 50_000);
  const alma = await createSimulator({ size: 1, latency: 5, keepLog: 1_000 });
  const outside = new Outside(alma);
  const clients = alma.data.clients.all().filter(({ status }) => status !== "unconfirmed").length;
  const cluster = await startCluster(main, alma, 3, {
    MAX_AGE: `${maxAge}`,
    CATALOG_MAX_AGE: `${catalogMaxAge}`,
    REFRESH_RATE: "150",
    ALMA_TIMEOUT: "2",
    LEASE: "1",
  });
  outside.start(20);
  const faults: string[] = [];
  const unanswered: Record<string, number> = {};
  let [answered, values, late, asked] = [0, 0, 0, 0];
  const work = Promise.all(
    Array.from({ length: 9 }, async (_, worker) => {
      while (answered < count) {
        const question = ask(outside, asked++);
        const answer = await cluster.members[(asked + worker) % cluster.members.length]?.ask(question.query);
        if (!answer?.data || answer.errors) {
          const code = answer?.errors?.[0]?.extensions?.code ?? "no answer";
          unanswered[code] = (unanswered[code] ?? 0) + 1;
          // The process is dead.
          if (!answer) await sleep(50);
          continue;
        }
        answered++;
        const found = faultsOf(outside, clients, question, answer);
        faults.push(...found.faults);
        values += found.values;
        late += found.isLate ? 1 : 0;
      }
    }),
  );
  const { kills, stops } = await disturbed(cluster, { every: 5_000, pause: 3_500 }, work);
  await work;
  outside.stop();
  await cluster.stop();
  await alma.close();
  return [
    ["answers of 3 processes", `${answered}, ${values} values, ${kills} kills, ${stops} stops`],
    ["changes in Alma meanwhile", outside.versions.length],
    ["without an answer", JSON.stringify(unanswered)],
    [`older than CATALOG_MAX_AGE, and say so`, late],
    [`older than promised, or a stamp too young ${faults.slice(0, 5).join("; ")}`, faults.length, 0],
  ];
}
