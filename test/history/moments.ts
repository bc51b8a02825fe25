import fc from "fast-check";
import { expect, onTestFinished } from "vitest";
import { createSimulator, type SimulatorOptions } from "../../simulator/index.ts";
import { changeOutside, outsideShape } from "../model/outside.ts";
import { smallWorld } from "../model/world.ts";
import { startInFront } from "../support/gateway.ts";
import { refQuery, shadowQueries, shownOf } from "./shadow.ts";

const readAll = `query @freshness(maxAge: 0) { buildings { nodes { address } } units { nodes { address } } rooms { nodes { number } }
  clients { nodes { phone } } ownerContracts { nodes { name rentalObject { isArchived } } }
  tenantContracts { nodes { name rentalObject { isArchived } } } }`;

/** The date `offset` days from today in Dubai. */
const day = (offset: number) =>
  new Date(Date.now() + (4 + 24 * offset) * 3_600_000).toISOString().slice(0, 10);

/** An Alma with few records, and gateways over it that read it on request. They stop at the end of the test. */
export async function startWorld(env: Record<string, string> = {}, options: SimulatorOptions = {}) {
  const simulator = await createSimulator({ size: 0, data: smallWorld(day), ...options });
  onTestFinished(() => simulator.close());
  return {
    simulator,
    async start() {
      const settings = {
        LOG_LEVEL: "silent",
        CATALOG_MAX_AGE: "604800",
        MAX_AGE: "86400",
        PRICE_PERIOD: "month",
      };
      const started = await startInFront(simulator, { ...settings, ...env });
      onTestFinished(started.close);
      const { query } = started;
      const read = async () => expect((await query(readAll)).errors).toBeUndefined();
      return { ...started, read };
    },
  };
}

type World = Awaited<ReturnType<typeof startWorld>>;
type Started = Awaited<ReturnType<World["start"]>>;

/** A time, and the answers of that time. */
interface Moment {
  readonly time: string;
  readonly answers: ReadonlyMap<string, unknown>;
}

/** A random history. */
interface Life {
  readonly seed: number;
  readonly steps: number;
  /** Lets a day pass, or any duration; and some time within a day. */
  readonly pass: () => void | Promise<void>;
  readonly rest?: () => void | Promise<void>;
}

/** Runs a random history in Alma, with a gateway that observes it. */
export async function liveThrough(
  { simulator: { data } }: World,
  { query, read }: Started,
  { seed, steps, pass, rest = pass }: Life,
): Promise<Moment[]> {
  const moments: Moment[] = [];
  const shapes = fc.sample(outsideShape, { seed, numRuns: steps * 5 });
  await read();
  for (let step = 0; step < steps; step++) {
    await pass();
    for (const shape of shapes.splice(0, 5)) changeOutside(data, shape, seed * 1_000 + shapes.length, day);
    if (step === 2) data.tenantContracts.remove(data.tenantContracts.all()[1]?.id ?? 0);
    if (step === 3) data.units.change(data.units.all()[0]?.id ?? 0, { header: "", parking: "uncovered" });
    if (step === 4) data.projects.change(207, { name: "Elsewhere" });
    await read();
    // Records that left their list, and those that refer to them, are read once more.
    await read();
    const listed = [...data.units.all(), ...data.rooms.all()].filter((row) => !row.is_archived);
    // Only Alma finds records that no list has ever contained; the past is based on lists.
    const refs = refQuery(
      listed.flatMap(({ external_id }, index) => (external_id && index % 3 === 0 ? [external_id] : [])),
    );
    const answers = new Map<string, unknown>();
    for (const text of [...shadowQueries, refs]) answers.set(text, shownOf(await query(text)));
    await rest();
    moments.push({ time: new Date().toISOString(), answers });
  }
  await rest();
  return moments;
}

/** Asks for every time, starting with the last one, and then for some again, without a call to Alma. */
export async function compareMoments(
  { simulator: { log } }: World,
  { query }: Started,
  moments: readonly Moment[],
): Promise<void> {
  log.clear();
  for (const { time, answers } of [
    ...[...moments].reverse(),
    ...moments.filter((_, index) => index % 4 === 1),
  ])
    for (const [text, shown] of answers) {
      const past = await query(`query @asOf(time: "${time}") ${text}`);
      expect(shownOf(past), `${time}: ${text}`).toEqual(shown);
      expect(past.extensions.alma).toMatchObject({ calls: 0, knownAsOf: time });
    }
  expect(log.entries).toEqual([]);
}
