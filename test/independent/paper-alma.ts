import {
  type Alma,
  AlmaError,
  type CallOptions,
  type Clock,
  createAlma,
  type Listing,
  type Lookup,
  type Reading,
} from "../../src/alma/index.ts";
import { unobserved } from "../alma/fake.ts";

const nobody = { debug: () => {}, info: () => {}, warn: () => {} };
/** Its write methods declare which kinds a write affects. No call is ever sent. */
const real = createAlma({
  ...unobserved,
  url: "http://127.0.0.1:9/external_api/",
  apiKey: () => "none",
  clock: () => 0,
  log: nobody,
  concurrency: 1,
  timeout: 1,
});

/** A room or unit of the model. Every change increments its version, which all its fields show. */
export interface Thing {
  readonly kind: "unit" | "room";
  readonly id: number;
  version: number;
  /** Of a room: the unit that it is in. */
  parent: number;
  exists: boolean;
}

/** A call that has been sent and not answered yet. */
export interface Pending {
  readonly what: string;
  /** Fixes the future answer. Only its first call has an effect. */
  snapshot(): void;
  answer(): void;
  fail(): void;
}

/**
 * An Alma without HTTP: the client's read methods over a model of units and rooms. A test decides when each call is
 * read and when it is answered. Its answers have the shapes of the client's answers.
 */
export class PaperAlma {
  readonly things: Thing[] = [];
  readonly pending: Pending[] = [];
  /** Every call since the start. */
  readonly calls: string[] = [];
  readonly clock: Clock;
  /** Whether calls are answered immediately. */
  eager = false;
  readonly alma: Alma;
  /** Ids of existing records that lists omit. */
  readonly unlisted = new Set<number>();

  constructor(clock: Clock) {
    this.clock = clock;
    const { unit, room } = real;
    this.alma = {
      ...real,
      unit: { ...unit, list: this.#list("unit"), get: this.#get("unit") },
      room: { ...room, list: this.#list("room"), get: this.#get("room") },
    } as unknown as Alma;
  }

  add(kind: "unit" | "room", id: number, parent = 0): Thing {
    const thing: Thing = { kind, id, version: 1, parent, exists: true };
    this.things.push(thing);
    return thing;
  }

  find(kind: "unit" | "room", id: number): Thing | undefined {
    return this.things.find((thing) => thing.kind === kind && thing.id === id && thing.exists);
  }

  #list(kind: "unit" | "room") {
    return (options: CallOptions): Promise<Reading<Listing<{ readonly id: number }>>> =>
      this.#call(`${kind}s`, options, () => {
        const listed = this.things.filter(
          (thing) => thing.kind === kind && thing.exists && !this.unlisted.has(thing.id),
        );
        const items = listed.map((thing) => ({ record: { id: thing.id, ...shown(thing) } }));
        return { value: { items, malformed: 0 } };
      });
  }

  #get(kind: "unit" | "room") {
    return ({ id }: { id: number }, options: CallOptions): Promise<Lookup<{ readonly id: number }>> =>
      this.#call(`${kind} ${id}`, options, () => {
        const thing = this.find(kind, id);
        return { isConclusive: true, ...(thing && { match: { record: this.#detail(thing) } }) };
      });
  }

  #detail(thing: Thing): { readonly id: number; readonly parentUnit?: object | null } {
    const number = `v${thing.version}`;
    const base = { id: thing.id, ...shown(thing), number };
    if (thing.kind === "unit") return base;
    const parent = this.find("unit", thing.parent);
    return { ...base, parentUnit: parent ? { id: parent.id, ...shown(parent) } : null };
  }

  #call<T extends object>(what: string, options: CallOptions, read: () => T): Promise<T & { asOf: number }> {
    const asOf = this.clock();
    options.onSent?.();
    this.calls.push(what);
    if (this.eager) return Promise.resolve({ asOf, ...read() });
    return new Promise((resolve, reject) => {
      let seen: T | undefined;
      const end = (over: () => void) => () => {
        this.pending.splice(this.pending.indexOf(call), 1);
        over();
      };
      const snapshot = () => {
        seen ??= read();
      };
      const call: Pending = {
        what,
        snapshot,
        answer: end(() => {
          snapshot();
          resolve({ asOf, ...(seen as T) });
        }),
        fail: end(() => reject(new AlmaError("ALMA_UNAVAILABLE", "It failed."))),
      };
      this.pending.push(call);
    });
  }
}

const shown = ({ version }: Thing) => ({
  name: `v${version}`,
  header: `v${version}`,
  externalId: `v${version}`,
});
