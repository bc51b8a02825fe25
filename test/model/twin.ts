import { expect, vi } from "vitest";
import type { FaultKind } from "../../simulator/index.ts";
import { day } from "../support/day.ts";
import { type Answer, startGateway, type TestGateway } from "../support/gateway.ts";
import { History } from "./history.ts";
import { changeOutside, type OutsideShape } from "./outside.ts";
import { buildQuery } from "./query.ts";
import type { ReadShape } from "./shape.ts";
import { kinds, naming, smallWorld, statesOf } from "./world.ts";
import { buildMutation, type WriteShape } from "./write.ts";

/** In seconds: MAX_AGE and CATALOG_MAX_AGE of both gateways. */
export const MAX_AGE = 100;
export const CATALOG_MAX_AGE = 1_000;
/** The number of recent queries that are repeated after each step. */
const REPEATED = 3;

// Half a millisecond, so that a smaller fraction changes no date.
let time = 1_000.5;

/** Stops the time for the whole process until `advance` moves it. */
export function stopTime(): void {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() });
  vi.spyOn(performance, "now").mockImplementation(() => time);
}

function advance(ms: number): void {
  time += ms;
  vi.setSystemTime(Date.now() + ms);
}

/** The answers to reads of a kind while a fault is active. */
export const faults = {
  unreadable: { kind: "status", status: 200, body: { id: "?" } },
  missing: { kind: "status", status: 404 },
} as const satisfies Readonly<Record<string, FaultKind>>;

/**
 * Two gateways, one with and one without cached answers, each over its own Alma. Both have the same records, and the
 * same events happen to both at the same time, so that they answer the same.
 */
export class Twins {
  readonly #gateways: readonly [TestGateway, TestGateway];
  readonly #history: History;
  readonly #asked: string[] = [];
  #count = 20;
  /** The number of answers from the cache, and the number of answers with errors. */
  keptCount = 0;
  failedCount = 0;

  private constructor(gateways: readonly [TestGateway, TestGateway]) {
    this.#gateways = gateways;
    this.#history = new History(this.#readStates(), 0);
  }

  static async start(): Promise<Twins> {
    const ages = {
      MAX_AGE: `${MAX_AGE}`,
      CATALOG_MAX_AGE: `${CATALOG_MAX_AGE}`,
      CLOSED_MAX_AGE: `${CATALOG_MAX_AGE}`,
    };
    const begin = (env: Readonly<Record<string, string>>) =>
      startGateway({ size: 0, data: smallWorld(day) }, { ...ages, ...env });
    return new Twins([await begin({}), await begin({ RESPONSE_CACHE_SIZE: "0" })]);
  }

  /** Sends a query twice, and then repeats the last queries. */
  async read(shape: ReadShape): Promise<void> {
    const { text } = buildQuery(shape, this.#history);
    this.#asked.unshift(text.replaceAll("totalCount pageInfo", "totalCount asOf pageInfo"));
    this.#asked.length = Math.min(this.#asked.length, REPEATED);
    await this.#ask(this.#asked[0] ?? "");
    await this.#readAgain();
  }

  async write(shape: WriteShape): Promise<void> {
    await this.#ask(buildMutation(shape, this.#history, day, ++this.#count).text);
    this.#history.update(this.#readStates(), 0);
    await this.#readAgain();
  }

  /** Another system changes a record. */
  async change(shape: OutsideShape): Promise<void> {
    this.#count++;
    for (const { simulator } of this.#gateways) changeOutside(simulator.data, shape, this.#count, day);
    this.#history.update(this.#readStates(), 0);
    await this.#readAgain();
  }

  /** From now on, Alma gives this answer to some reads of a kind, or answers normally without one. */
  async break(kind: number, of: "lists" | "records", fault: FaultKind | undefined): Promise<void> {
    const { path } = naming[kinds[kind % kinds.length] ?? "unit"];
    for (const { simulator } of this.#gateways) {
      simulator.faults.clear();
      if (!fault) continue;
      const isHit = (asked: string) => asked.includes(path) && asked.endsWith(path) === (of === "lists");
      simulator.faults.add({ ...fault, when: ({ method, path: asked }) => method === "GET" && isHit(asked) });
    }
    await this.#readAgain();
  }

  async wait(seconds: number): Promise<void> {
    advance(seconds * 1000);
    await this.#readAgain();
  }

  async close(): Promise<void> {
    await Promise.all(this.#gateways.map((gateway) => gateway.close()));
  }

  async #readAgain(): Promise<void> {
    for (const query of this.#asked) await this.#ask(query);
  }

  async #ask(text: string): Promise<void> {
    // Longer than their clocks advance during a query.
    advance(10);
    const [keeping, making] = this.#gateways;
    const [given, made] = await Promise.all([keeping.query(text), making.query(text)]);
    const { kept, ...alma } = given.extensions.alma;
    const answers = [
      { ...plain(given), alma },
      { ...plain(made), alma: made.extensions.alma },
    ] as const;
    if (kept) this.keptCount++;
    if (given.errors) this.failedCount++;
    expect(made.extensions.alma.kept, text).toBeUndefined();
    if (kept) expectNoYounger(...answers, text);
    else expect(answers[0], text).toEqual(answers[1]);
    expect(keeping.asked().sort(), text).toEqual(making.asked().sort());
  }

  #readStates() {
    const [{ simulator }] = this.#gateways;
    return statesOf(simulator.data, simulator.clock.today());
  }
}

/** A cached answer keeps its ages: for unchanged values, a larger age is correct. */
function expectNoYounger(kept: object, made: object, text: string): void {
  const [[first, ages], [second, others]] = [splitAges(kept), splitAges(made)];
  expect(first, text).toEqual(second);
  for (const [index, age] of ages.entries()) expect(age <= (others[index] ?? ""), text).toBe(true);
}

/** An answer without its ages, and the ages. */
function splitAges(answer: object): readonly [unknown, string[]] {
  const ages: string[] = [];
  const others = JSON.stringify(answer, (name, value) =>
    (name === "asOf" || name === "oldest") && value !== null ? ages.push(value) && "then" : value,
  );
  return [JSON.parse(others), ages];
}

const plain = ({ data, errors }: Answer) => ({ data, errors });
