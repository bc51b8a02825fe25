import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import type { Switches } from "../../simulator/index.ts";
import { day } from "../support/day.ts";
import { type Answer, startGateway, type TestGateway } from "../support/gateway.ts";
import { advance, now } from "./clock.ts";
import { History, neighbours } from "./history.ts";
import { changeOutside, type OutsideShape } from "./outside.ts";
import { buildQuery, type Query } from "./query.ts";
import { keyIn, type Node } from "./record.ts";
import type { ReadShape } from "./shape.ts";
import { View, type ViewOptions } from "./view.ts";
import {
  type Key,
  type Kind,
  keyOf,
  kinds,
  naming,
  type RecordState,
  smallWorld,
  statesOf,
} from "./world.ts";
import { buildMutation, type Mutation, type WriteShape } from "./write.ts";

/** In seconds: MAX_AGE and CATALOG_MAX_AGE of the gateway. */
export const MAX_AGE = 100;
export const CATALOG_MAX_AGE = 1_000;
/** The number of recent queries that are repeated after each step: cached answers may serve them. */
const REPEATED = 3;
/** Milliseconds within which due background work must finish, even on a busy machine. */
const REFRESHED_IN = 10_000;

export interface TimedRead {
  readonly read: ReadShape;
  readonly after: number;
}

export interface Setting {
  readonly catalog: "on" | "off";
  readonly switches: Partial<Switches>;
}

/** A gateway over a small Alma, and the history of every record, which answers are checked against. */
export class Model {
  readonly gateway: TestGateway;
  readonly history: History;
  readonly #setting: Setting;
  readonly #readAt: Map<Key | Kind | `listed ${Key}`, number> = new Map();
  /** When another system last moved a record to another parent, or created it. */
  readonly #movedAt = new Map<Key, number>();
  #count = 20;
  /** The last queries. */
  readonly #asked: Query[] = [];
  /** The number of answers from the cache. */
  keptCount = 0;
  /** During a race, the times of the gateway's reads are unknown. */
  #isRacing = false;

  private constructor(gateway: TestGateway, setting: Setting) {
    this.gateway = gateway;
    this.#setting = setting;
    this.history = new History(this.#readStates(), now());
  }

  static async start(setting: Setting): Promise<Model> {
    const data = smallWorld(day);
    const env = {
      CATALOG: setting.catalog,
      MAX_AGE: `${MAX_AGE}`,
      CATALOG_MAX_AGE: `${CATALOG_MAX_AGE}`,
      CLOSED_MAX_AGE: `${CATALOG_MAX_AGE}`,
      REFRESH_RATE: "1000",
      DEADLINE: "10",
    };
    const gateway = await startGateway({ size: 0, data, switches: setting.switches }, env);
    if (setting.catalog === "on") await gateway.warm();
    const model = new Model(gateway, setting);
    gateway.asked();
    return model;
  }

  /** Sends a query and checks its answer. */
  async read(shape: ReadShape): Promise<void> {
    const query = buildQuery(shape, this.history);
    await this.#ask(query);
    this.#asked.unshift(query);
    this.#asked.length = Math.min(this.#asked.length, REPEATED);
    await this.readAgain();
  }

  /** Repeats the last queries. */
  async readAgain(): Promise<void> {
    for (const query of this.#asked) await this.#ask(query);
  }

  async #ask(query: Query): Promise<void> {
    const began = now();
    const answer = await this.gateway.query(query.text);
    if (answer.extensions.alma.kept) this.keptCount++;
    this.check(query, began, answer, now());
    this.#noteReads(began);
  }

  /**
   * Writes one after another while queries are in progress, each started the given number of milliseconds after the
   * first. A query received before a write returned may show either state; one received afterwards shows the new state.
   */
  async race(writes: readonly WriteShape[], reads: readonly TimedRead[], latency: number): Promise<void> {
    const { simulator } = this.gateway;
    const answers: (() => void)[] = [];
    simulator.latency = latency;
    this.#isRacing = true;
    const ask = async ({ read, after }: TimedRead) => {
      await sleep(after);
      const query = buildQuery(read, this.history);
      for (let time = 0; time < 2; time++) {
        const began = now();
        const answer = await this.gateway.query(query.text);
        if (answer.extensions.alma.kept) this.keptCount++;
        answers.push(() => this.check(query, began, answer, began));
      }
    };
    const writing = async () => {
      for (const shape of writes) await this.write(shape);
    };
    await Promise.all([writing(), ...reads.map(ask)]);
    simulator.latency = 0;
    for (const check of answers) check();
    this.#isRacing = false;
  }

  /** Checks an answer to which floors up to `shownAt` apply. */
  check(query: Query, began: number, answer: Answer, shownAt: number): void {
    const { text } = query;
    expect(answer.errors, text).toBeUndefined();
    try {
      query.check(answer.data, this.#view(query, began, shownAt));
    } catch (error) {
      throw new Error(`${text}\n${JSON.stringify(answer.data)}\n${(error as Error).message}`, {
        cause: error,
      });
    }
  }

  /** Writes through the gateway. Later answers must show the change. */
  async write(shape: WriteShape): Promise<void> {
    const mutation = buildMutation(shape, this.history, day, ++this.#count);
    const began = now();
    const answer = await this.gateway.query(mutation.text);
    this.#checkWrite(mutation, answer);
    this.#noteReads(began);
    if (!this.#isRacing) await this.readAgain();
  }

  #checkWrite(mutation: Mutation, answer: Answer): void {
    expect(answer.errors, mutation.text).toBeUndefined();
    const at = now();
    const { record, userErrors } = answer.data.done as {
      record: Node | null;
      userErrors: { code: string }[];
    };
    const before = this.history.now;
    const named = mutation.key ?? (record ? keyIn(record) : undefined);
    const isMissed = this.#missedByGateway();
    for (const key of this.history.update(this.#readStates(), at)) {
      if (key === named || !isMissed(key, before)) this.history.addFloor(key, at);
    }
    const about = `${mutation.text} ${JSON.stringify(userErrors)}`;
    if (userErrors.length === 0) {
      expect(record, about).not.toBeNull();
      const key = keyIn(record as Node);
      // If two records have the Bitrix id, Alma chooses.
      if (mutation.key && !mutation.text.includes("ref: { externalId")) expect(key, about).toBe(mutation.key);
      const seen = this.history.now.get(key);
      expect(seen?.fields, about).toMatchObject(mutation.expected);
    }
    if (record) {
      const view = this.#view({ maxAge: undefined, ofRows: false }, at, at);
      try {
        mutation.payload.check(record, view, "named");
      } catch (error) {
        throw new Error(`${about}\n${JSON.stringify(record)}\n${(error as Error).message}`, { cause: error });
      }
    }
  }

  /** Changes Alma without the gateway, as another system does. */
  change(shape: OutsideShape): void {
    const { simulator } = this.gateway;
    const before = this.history.now;
    changeOutside(simulator.data, shape, ++this.#count, day);
    const at = now();
    for (const key of this.history.update(this.#readStates(), at)) {
      const relationsIn = (states: ReadonlyMap<Key, RecordState>) =>
        JSON.stringify(states.get(key)?.relations);
      if (relationsIn(before) !== relationsIn(this.history.now)) this.#movedAt.set(key, at);
    }
  }

  /** Advances the clock. After CATALOG_MAX_AGE, waits until background work has read everything again. */
  async wait(seconds: number): Promise<void> {
    advance(seconds);
    if (this.#setting.catalog === "off" || seconds < CATALOG_MAX_AGE) return;
    const from = now();
    const text = `{ ${kinds.map((kind) => `${kind}: ${naming[kind].plural}(first: 1, orderBy: [{ field: ${kind === "client" ? "STATUS" : kind === "building" ? "NUMBER_OF_UNITS" : "NAME"} }]) { asOf }`).join(" ")} }`;
    const real = Date.now();
    for (let poll = 0; ; poll++) {
      // The text differs each time: a repeated text may be answered from the cache, with the cached times.
      const { data } = await this.gateway.query(`query Poll${poll} ${text}`);
      const all = Object.values(data) as { readonly asOf: string | null }[];
      if (all.every(({ asOf }) => asOf === null || Date.parse(asOf) >= real - 1)) break;
      if (Date.now() - real > REFRESHED_IN) throw new Error(`Not refreshed: ${JSON.stringify(data)}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    for (const key of kinds.flatMap((kind) => this.history.keys(kind))) this.history.addFloor(key, from);
    this.#movedAt.clear();
  }

  close(): Promise<void> {
    return this.gateway.close();
  }

  #readStates() {
    return statesOf(this.gateway.simulator.data, this.gateway.simulator.clock.today());
  }

  #view({ maxAge, ofRows }: Pick<ReadShape, "maxAge" | "ofRows">, began: number, shownAt: number): View {
    const connection =
      this.#setting.catalog === "on" ? Number.NEGATIVE_INFINITY : began - CATALOG_MAX_AGE * 1000;
    const age = maxAge === undefined ? undefined : began - maxAge * 1000;
    const options: ViewOptions = {
      cutoffs: {
        named: age ?? began - MAX_AGE * 1000,
        connection: age ?? connection,
        index: ofRows ? connection : (age ?? connection),
      },
      shownAt,
      hidesArchived: this.gateway.simulator.switches.archivedInLists === false,
      mayBeShort: ofRows && age !== undefined,
      oneVersion: this.#isRacing,
      readAt: this.#isRacing ? new Map() : this.#readAt,
    };
    return new View(this.history, options);
  }

  /** Records the gateway's reads since `began`. With background work they are unknown. */
  #noteReads(began: number): void {
    const asked = this.gateway.asked();
    if (this.#setting.catalog === "on" || this.#isRacing) return;
    for (const call of asked) {
      for (const kind of kinds) {
        const { path } = naming[kind];
        if (!call.startsWith(`GET ${path}`)) continue;
        const id = /^(\d+)\/$/.exec(call.slice(4 + path.length))?.[1];
        if (id !== undefined) this.#readAt.set(keyOf(kind, Number(id)), began);
        else if (call === `GET ${path}`) {
          this.#readAt.set(kind, began);
          const { archivedInLists } = this.gateway.simulator.switches;
          for (const key of this.history.keys(kind))
            if (archivedInLists || !this.history.now.get(key)?.isHidden)
              this.#readAt.set(`listed ${key}`, began);
        }
      }
    }
  }

  /**
   * Whether the gateway may have missed that a write affects a record: another system moved the record, or one that
   * leads to it, after the gateway read it.
   */
  #missedByGateway(): (key: Key, before: History["now"]) => boolean {
    const moved = [...this.#movedAt]
      .filter(([key, at]) => !((this.#readAt.get(key) ?? 0) > at))
      .map(([key]) => key);
    return (key, before) => {
      const reached = neighbours(key, [...before.values(), ...this.history.now.values()]);
      return moved.some((one) => reached.has(one));
    };
  }
}
