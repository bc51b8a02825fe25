import { setTimeout as sleep } from "node:timers/promises";
import { createSimulator, type Faults, type Simulator } from "../../../simulator/index.ts";
import { type Cluster, disturbed, startCluster } from "./cluster.ts";
import type { Answer } from "./member.ts";
import type { Figures } from "./part.ts";

/** One record that must exist exactly once, with these values. */
interface Order {
  readonly number: number;
  readonly externalId: string;
  readonly field: "createClient" | "createUnit";
  readonly mutation: string;
  /** Whether all attempts have the same idempotency key; otherwise only the Bitrix id identifies the record. */
  readonly hasKey: boolean;
  /** Alma's rows of the record, those with its values first. */
  rows(): readonly { readonly id: number; readonly isRight: boolean }[];
}

/**
 * Creates records through several processes while leaders are killed and stopped and Alma loses answers, fails and is
 * slow.
 * Each create is repeated through any process until it is confirmed. Then Alma's rows are counted.
 */
export async function measureCreates(main: string): Promise<Figures> {
  const count = Number(process.env.CREATES ?? 1_000);
  const alma = await createSimulator({ size: 1, latency: 10, keepLog: 1_000 });
  const cluster = await startCluster(main, alma, 3, {
    ALMA_TIMEOUT: "2",
    WRITE_SETTLING_TIME: "3",
    LEASE: "1",
  });
  addFaults(alma.faults);
  const [buildingId = 0] = alma.data.buildings.all().map(({ id }) => id);
  const orders = Array.from({ length: count }, (_, number) => orderOf(number, alma, buildingId));
  const said: Record<string, number> = {};
  const misreported: string[] = [];
  const queue = [...orders].reverse();
  const work = Promise.all(
    Array.from({ length: 12 }, async () => {
      for (let order = queue.pop(); order; order = queue.pop())
        misreported.push(...(await carryOut(order, cluster, said)));
    }),
  );
  const disturbances = await disturbed(cluster, { every: 2_500, pause: 3_500 }, work);
  await work;
  // Alma may still perform writes that callers gave up.
  await sleep(4_000);
  await cluster.stop();
  await alma.close();
  const found = orders.map((order) => order.rows());
  const bad = misreported.slice(0, 5).join("; ");
  return [
    ["creates through 3 processes", `${count}, ${disturbances.kills} kills, ${disturbances.stops} stops`],
    ["what callers were told", JSON.stringify(said)],
    ["doubled", found.filter((rows) => rows.length > 1).length, 0],
    ["lost", found.filter((rows) => rows.length === 0).length, 0],
    ["with other values", found.filter((rows) => rows.some(({ isRight }) => !isRight)).length, 0],
    [`misreported ${bad}`, misreported.length, 0],
  ];
}

/** Faults of writes, and fewer of reads. */
function addFaults(faults: Faults): void {
  const isWrite = ({ method }: { readonly method: string }) => method === "POST";
  for (const fault of [
    { kind: "lostAnswer" },
    { kind: "cut" },
    { kind: "status", status: 500 },
    { kind: "reset" },
    { kind: "stall", ms: 1_200, point: "before" },
    { kind: "stall", ms: 2_500, point: "before" },
    { kind: "stall", ms: 2_500, point: "after" },
  ] as const)
    faults.add({ ...fault, when: isWrite, rate: 0.02 });
  faults.add({ kind: "status", status: 503, rate: 0.01 });
  faults.add({ kind: "reset", rate: 0.01 });
}

function orderOf(number: number, { data }: Simulator, buildingId: number): Order {
  const externalId = `order-${number}`;
  const hasKey = number % 4 < 2;
  const key = hasKey ? `idempotencyKey: "${externalId}",` : "";
  if (number % 2 === 0) {
    const email = `order${number}@example.com`;
    return {
      number,
      externalId,
      field: "createClient",
      hasKey,
      mutation: `mutation { createClient(${key} input: { externalId: "${externalId}", firstName: "Lea ${number}",
        lastName: "Bauer", email: "${email}", phone: "+97150${number}", country: "971" }) {
        client { almaId firstName lastName email phone } userErrors { code message } } }`,
      rows: () =>
        data.clients.by("external_id", externalId).map((row) => ({
          id: row.id,
          isRight: row.first_name === `Lea ${number}` && row.last_name === "Bauer" && row.email === email,
        })),
    };
  }
  return {
    number,
    externalId,
    field: "createUnit",
    hasKey,
    mutation: `mutation { createUnit(${key} input: { externalId: "${externalId}", name: "Unit ${number}",
      building: { almaId: ${buildingId} }, propertyType: "apartment", number: "n${number}" }) {
      unit { almaId name number } userErrors { code message } } }`,
    rows: () =>
      data.units.by("external_id", externalId).map((row) => ({
        id: row.id,
        isRight: row.name === `Unit ${number}` && row.number === `n${number}` && row.building === buildingId,
      })),
  };
}

/** Sends an order until it is confirmed. Returns the incorrect statements of the answers. */
async function carryOut(
  order: Order,
  { members }: Cluster,
  said: Record<string, number>,
): Promise<readonly string[]> {
  const wrong: string[] = [];
  let mayBeDone = false;
  for (let attempt = 0; ; attempt++) {
    const answer = await members[(order.number + attempt) % members.length]?.ask(order.mutation);
    const { told, id } = toldBy(answer, order.field);
    said[told] = (said[told] ?? 0) + 1;
    const [row] = order.rows();
    if (told === "DONE" || told === "ALREADY_EXISTS") {
      if (!row?.isRight || (id !== undefined && row.id !== id)) wrong.push(`${told} ${order.externalId}`);
      // No other caller creates it: it exists only if an earlier attempt created it.
      if (told === "ALREADY_EXISTS" && (order.hasKey || !mayBeDone)) wrong.push(`exists ${order.externalId}`);
      return wrong;
    }
    if (told === "OUTCOME_UNKNOWN" || told === "no answer") mayBeDone = true;
    // Every other answer means that nothing was done.
    else if (!mayBeDone && row) wrong.push(`${told} ${order.externalId} ${answer?.text}`);
    await sleep(100);
  }
}

function toldBy(answer: Answer | undefined, field: Order["field"]): { told: string; id?: number } {
  if (!answer) return { told: "no answer" };
  const payload = answer.data?.[field];
  const record = payload?.client ?? payload?.unit;
  const code = payload?.userErrors[0]?.code;
  // The record was created, even if the answer could not read all of it.
  if (record && code === undefined) return { told: "DONE", id: record.almaId };
  return { told: code ?? answer.errors?.[0]?.extensions?.code ?? `status ${answer.status}` };
}
