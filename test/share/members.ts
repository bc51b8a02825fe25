import { setTimeout as sleep } from "node:timers/promises";
import { onTestFinished } from "vitest";
import { createSimulator, type Simulator, type SimulatorOptions } from "../../simulator/index.ts";
import { ENTRY_FORMAT } from "../../src/catalog/index.ts";
import type { TestOptions } from "../../src/gateway.ts";
import { checkPostgres, createPostgresStore, createSeal } from "../../src/store/index.ts";
import { type Answer, type StartedGateway, startInFront } from "../support/gateway.ts";
import { type Postgres, startPostgres } from "../support/postgres.ts";
import { startTcpProxy } from "../support/tcp-proxy.ts";

/** One of several gateways in this process that share a store. */
export interface TestMember extends Omit<StartedGateway, "query"> {
  query(query: string, headers?: Record<string, string>): Promise<Answer>;
  /** The body of `/health/ready`, and its status. */
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it asked for.
  ready(): Promise<any>;
  /** The messages of its log so far. */
  messages(): string[];
}

const fewRecords = { buildings: 3, units: 8, rooms: 8, clients: 8, ownerContracts: 3, tenantContracts: 6 };

/** A simulated Alma, with few records by default, closed at the end of the test. */
export async function startAlma(options: SimulatorOptions = {}): Promise<Simulator> {
  const simulator = await createSimulator({ size: fewRecords, ...options });
  onTestFinished(() => simulator.close());
  return simulator;
}

/** Starts a gateway that shares a store. */
export async function join(
  simulator: Simulator,
  storeUrl: string,
  env: Record<string, string> = {},
  options: TestOptions = {},
): Promise<TestMember> {
  const started = await startInFront(
    simulator,
    {
      CATALOG: "on",
      LOG_LEVEL: "info",
      ALMA_TIMEOUT: "2",
      STORE_URL: storeUrl,
      PEER_SECRET: "p".repeat(32),
      LEASE: "1",
      DRAIN_DELAY: "0",
      ...env,
    },
    options,
  );
  const { address, close } = started;
  onTestFinished(close);
  return {
    ...started,
    query: (query, headers) => started.query(query, undefined, headers),
    async ready() {
      const response = await fetch(`${address}/health/ready`);
      return { code: response.status, ...(await response.json()) };
    },
    messages: () => started.lines().map(({ msg }) => String(msg)),
  };
}

/**
 * Creates an empty store of an Alma whose earlier leader shut down in order: the next process leads immediately, and
 * its writes do not wait as they do after a leader was lost.
 */
export async function startStore(alma: Simulator, ...settings: string[]): Promise<Postgres> {
  const postgres = await startPostgres(...settings);
  await prepareStore(postgres, alma.url);
  return postgres;
}

/** Creates the tables, and releases the lease as a leader does. */
export async function prepareStore({ url }: Postgres, almaUrl: string, key?: Buffer): Promise<void> {
  const address = { url, schema: "alma", timeout: 30_000 };
  const identity = { almaUrl, seal: createSeal(key) };
  await checkPostgres(address, identity, { warn: () => {} });
  const store = createPostgresStore(address, identity.seal, ENTRY_FORMAT);
  const { run, time } = await store.readState("earlier", 1);
  await store.take(undefined, { token: "earlier", at: 0, run, time, keepsData: false, ownRun: run });
  await store.free({ token: "earlier", at: 0, time });
  store.close();
}

/** How gateways reach a store through a proxy. */
export const through = ({ port }: { readonly port: number }) => `postgres://alma@127.0.0.1:${port}/postgres`;

/** Deletes the leader's lease from the store. */
export const loseLease = ({ ask }: Postgres) =>
  ask(
    "UPDATE beat SET token = '', beat = 0; UPDATE lease SET token = '', xid = (pg_current_xact_id()::text::bigint % 4294967296)",
  );

/** The number of intents in the store. */
export const countIntents = async ({ ask }: Postgres) =>
  Number((await ask("SELECT count(*) AS count FROM intent"))[0].count);

/** Gateways over one store; the first leads, all are ready. `urls` has the store's address for each of them. */
export async function startMembers(
  alma: Simulator,
  urls: readonly string[],
  env: Record<string, string> = {},
) {
  const members: TestMember[] = [];
  for (const url of urls) {
    members.push(await join(alma, url, env));
    if (members.length === 1) await eventually(() => ready(members[0] as TestMember));
  }
  for (const member of members) await eventually(() => ready(member));
  const id = alma.data.buildings.all()[0]?.id ?? 0;
  const first = await (members[0] as TestMember).query(rename(id, "first"));
  if (first.data?.updateBuilding?.userErrors.length !== 0) throw new Error(JSON.stringify(first));
  return { id, members: members as [TestMember, TestMember] };
}

/**
 * A store and two gateways over it, the first of which leads; both are ready, and no write is in progress. With
 * `proxied`, gateways reach the store through `proxy`, which can cut the connection.
 */
export async function startPair(env: Record<string, string> = {}, proxied?: "leader" | "standby") {
  const alma = await startAlma();
  const postgres = await startStore(alma);
  const proxy = await startTcpProxy(postgres.port);
  const urls = (["leader", "standby"] as const).map((role) =>
    role === proxied ? through(proxy) : postgres.url,
  );
  const { id, members } = await startMembers(alma, urls, env);
  // A later leader waits for WRITE_SETTLING_TIME if it finds the intent of an earlier write.
  await eventually(async () => (await countIntents(postgres)) === 0);
  const [leader, standby] = members;
  return { postgres, proxy, alma, id, members, leader, standby };
}

export const ready = async (member: TestMember) => (await member.ready()).code === 200;

/** A mutation that changes a building's address. */
export const rename = (id: number, address: string, key = "") =>
  `mutation { updateBuilding(ref: { almaId: ${id} }, input: { address: "${address}" }${key && `, idempotencyKey: "${key}"`}) {
    building { address } userErrors { code message } } }`;

export const names = "{ units(first: 5) { totalCount nodes { name building { name } } } }";

export const addressOf = (id: number) => `{ building(ref: { almaId: ${id} }) { address } }`;

const count = ({ messages }: TestMember, text: string) => messages().filter((line) => line === text).length;

/** The number of times a gateway has become the leader. */
export const terms = (member: TestMember) => count(member, "this process leads");

export const leads = (member: TestMember) => terms(member) > count(member, "this process no longer leads");

export const codesOf = ({ errors }: Answer) => errors?.map(({ extensions }) => extensions.code);

/** Polls until a condition holds. */
export async function eventually<T>(look: () => T | Promise<T>, ms = 60_000): Promise<NonNullable<T>> {
  const until = performance.now() + ms;
  for (;;) {
    const seen = await look();
    if (seen) return seen;
    if (performance.now() > until) throw new Error(`It did not hold within ${ms} ms: ${look}`);
    await sleep(50);
  }
}
