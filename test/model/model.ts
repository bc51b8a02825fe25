import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import type { Switches } from "../../src/simulator/index.ts";
import { day } from "../support/day.ts";
import { type Answer, startGateway, type TestGateway } from "../support/gateway.ts";
import { advance, now } from "./clock.ts";
import { History, neighbours } from "./history.ts";
import { changeOutside, type OutsideShape } from "./outside.ts";
import { type Question, question } from "./question.ts";
import { keyIn, type Node } from "./record.ts";
import type { ReadShape } from "./shape.ts";
import { View, type ViewOptions } from "./view.ts";
import { type Key, type Kind, keyOf, kinds, naming, see, smallWorld } from "./world.ts";
import { type WriteShape, type Written, write } from "./write.ts";

/** Seconds: of what a query names, and of what it reaches through a connection. */
export const MAX_AGE = 100;
export const CATALOG_MAX_AGE = 1_000;
/** Milliseconds in which background work that is due has to be done, on a busy machine too. */
const REFRESHED_IN = 10_000;

export interface TimedRead {
  readonly read: ReadShape;
  readonly after: number;
}

export interface Setting {
  readonly catalog: "on" | "off";
  readonly switches: Partial<Switches>;
}

/** A gateway over a small Alma, and beside it what every record was when. */
export class Model {
  readonly gateway: TestGateway;
  readonly history: History;
  readonly #setting: Setting;
  readonly #readAt: Map<Key | Kind | `listed ${Key}`, number> = new Map();
  /** When a record was last moved to another parent, or made, behind the gateway's back. */
  readonly #movedAt = new Map<Key, number>();
  #count = 20;
  /** While questions are under way, nobody knows what the gateway has read when. */
  #isRacing = false;

  private constructor(gateway: TestGateway, setting: Setting) {
    this.gateway = gateway;
    this.#setting = setting;
    this.history = new History(this.#see(), now());
  }

  static async start(setting: Setting): Promise<Model> {
    const data = smallWorld(day);
    const env = {
      CATALOG: setting.catalog,
      MAX_AGE: `${MAX_AGE}`,
      CATALOG_MAX_AGE: `${CATALOG_MAX_AGE}`,
      REFRESH_RATE: "1000",
      DEADLINE: "10",
    };
    const gateway = await startGateway({ size: 0, data, switches: setting.switches }, env);
    if (setting.catalog === "on") await gateway.warm();
    const model = new Model(gateway, setting);
    gateway.asked();
    return model;
  }

  /** Asks the gateway and holds its answer against what may be shown. */
  async read(shape: ReadShape): Promise<void> {
    const asked = question(shape, this.history);
    const began = now();
    const answer = await this.gateway.query(asked.text);
    this.check(asked, began, answer, now());
    this.#noteReads(began);
  }

  /**
   * Writes one after another while queries are being asked, each begun so many milliseconds after the first. A query
   * that is received before a write has returned may show either state; one received afterwards shows the new one.
   */
  async race(writes: readonly WriteShape[], reads: readonly TimedRead[], latency: number): Promise<void> {
    const { simulator } = this.gateway;
    const answers: (() => void)[] = [];
    simulator.latency = latency;
    this.#isRacing = true;
    const ask = async ({ read, after }: TimedRead) => {
      await sleep(after);
      const asked = question(read, this.history);
      const began = now();
      const answer = await this.gateway.query(asked.text);
      answers.push(() => this.check(asked, began, answer, began));
    };
    const writing = async () => {
      for (const shape of writes) await this.write(shape);
    };
    await Promise.all([writing(), ...reads.map(ask)]);
    simulator.latency = 0;
    for (const check of answers) check();
    this.#isRacing = false;
  }

  /** Holds an answer that was shown at `shownAt` against what it may show. */
  check({ text, maxAge, check }: Question, began: number, answer: Answer, shownAt: number): void {
    expect(answer.errors, text).toBeUndefined();
    try {
      check(answer.data, this.#view(maxAge, began, shownAt));
    } catch (error) {
      throw new Error(`${text}\n${JSON.stringify(answer.data)}\n${(error as Error).message}`, {
        cause: error,
      });
    }
  }

  /** Writes through the gateway. What it changes has to show from now on. */
  async write(shape: WriteShape): Promise<void> {
    const written = write(shape, this.history, day, ++this.#count);
    const began = now();
    const answer = await this.gateway.query(written.text);
    this.#ended(written, answer);
    this.#noteReads(began);
  }

  #ended(written: Written, answer: Answer): void {
    expect(answer.errors, written.text).toBeUndefined();
    const at = now();
    const { record, userErrors } = answer.data.done as {
      record: Node | null;
      userErrors: { code: string }[];
    };
    const before = this.history.now;
    const named = written.key ?? (record ? keyIn(record) : undefined);
    const excused = this.#excused();
    for (const key of this.history.take(this.#see(), at)) {
      if (key === named || !excused(key, before)) this.history.raise(key, at);
    }
    const about = `${written.text} ${JSON.stringify(userErrors)}`;
    if (userErrors.length === 0) {
      expect(record, about).not.toBeNull();
      const key = keyIn(record as Node);
      // By a Bitrix id that two records have, Alma chooses.
      if (written.key && !written.text.includes("ref: { externalId")) expect(key, about).toBe(written.key);
      const seen = this.history.now.get(key);
      expect(seen?.fields, about).toMatchObject(written.expected);
    }
    if (record) {
      const view = this.#view(undefined, at, at);
      try {
        written.payload.check(record, view, "named");
      } catch (error) {
        throw new Error(`${about}\n${JSON.stringify(record)}\n${(error as Error).message}`, { cause: error });
      }
    }
  }

  /** Changes Alma behind the gateway's back. */
  change(shape: OutsideShape): void {
    const { simulator } = this.gateway;
    const before = this.history.now;
    changeOutside(simulator.data, shape, ++this.#count, day);
    const at = now();
    for (const key of this.history.take(this.#see(), at)) {
      const links = (seen: ReadonlyMap<Key, { readonly links: object }>) =>
        JSON.stringify(seen.get(key)?.links);
      if (links(before) !== links(this.history.now)) this.#movedAt.set(key, at);
    }
  }

  /** Time passes; background work, if there is any, then has the time that it needs for its promise. */
  async wait(seconds: number): Promise<void> {
    advance(seconds);
    if (this.#setting.catalog === "off" || seconds < CATALOG_MAX_AGE) return;
    const from = now();
    const text = `{ ${kinds.map((kind) => `${kind}: ${naming[kind].plural}(first: 1, orderBy: [{ field: ${kind === "client" ? "STATUS" : kind === "building" ? "NUMBER_OF_UNITS" : "NAME"} }]) { asOf }`).join(" ")} }`;
    const real = Date.now();
    for (;;) {
      const { data } = await this.gateway.query(text);
      const all = Object.values(data) as { readonly asOf: string | null }[];
      if (all.every(({ asOf }) => asOf === null || Date.parse(asOf) >= real - 1)) break;
      if (Date.now() - real > REFRESHED_IN) throw new Error(`Not refreshed: ${JSON.stringify(data)}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    for (const key of kinds.flatMap((kind) => this.history.keys(kind))) this.history.raise(key, from);
    this.#movedAt.clear();
  }

  close(): Promise<void> {
    return this.gateway.close();
  }

  #see() {
    return see(this.gateway.simulator.data, this.gateway.simulator.clock.today());
  }

  #view(maxAge: ReadShape["maxAge"], began: number, shownAt: number): View {
    const connection =
      this.#setting.catalog === "on" ? Number.NEGATIVE_INFINITY : began - CATALOG_MAX_AGE * 1000;
    const age = maxAge === undefined ? undefined : began - maxAge * 1000;
    const options: ViewOptions = {
      cutoffs: {
        named: age ?? began - MAX_AGE * 1000,
        reached: age ?? connection,
        index: maxAge === 0 ? began : Math.min(connection, age ?? connection),
      },
      shownAt,
      hides: this.gateway.simulator.switches.archivedInLists === false,
      short: maxAge === 50,
      oneVersion: this.#isRacing,
      readAt: this.#isRacing ? new Map() : this.#readAt,
    };
    return new View(this.history, options);
  }

  /** What the gateway has read since `began` it knows from then on. Background reads may still be on their way. */
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
            if (archivedInLists || !this.history.now.get(key)?.hidden)
              this.#readAt.set(`listed ${key}`, began);
        }
      }
    }
  }

  /**
   * Whether a record may have been out of a write's reach: it, or what leads to it, was moved since the index read it.
   */
  #excused(): (key: Key, before: History["now"]) => boolean {
    const stray = [...this.#movedAt]
      .filter(([key, at]) => !((this.#readAt.get(key) ?? 0) > at))
      .map(([key]) => key);
    return (key, before) => {
      const near = neighbours(key, [...before.values(), ...this.history.now.values()]);
      return stray.some((one) => near.has(one));
    };
  }
}
