import { ensure, type History, idOf } from "./history.ts";
import { type Key, type Kind, kinds, naming, type RecordState, type Value } from "./world.ts";

/** How an answer reaches a record: named in the query, through a connection, or chosen by an index. */
export type Access = "named" | "connection" | "index";

/** The model's times after which data must have been read. */
export type Cutoffs = Readonly<Record<Access, number>>;

export interface ViewOptions {
  readonly cutoffs: Cutoffs;
  /** Floors up to this time apply. */
  readonly shownAt: number;
  /** Whether Alma's lists leave archived records out. */
  readonly hidesArchived: boolean;
  /** Whether a page may be short because it drops records that no longer belong to it. */
  readonly mayBeShort: boolean;
  /** Whether an object shows one state of its record: only writes through the gateway change records. */
  readonly oneVersion: boolean;
  /** When the gateway last read a record's detail, a kind's list, or a list that contains a record. */
  readonly readAt: ReadonlyMap<Key | Kind | `listed ${Key}`, number>;
}

/** The constraints on one answer. */
export class View {
  readonly #history: History;
  readonly #options: ViewOptions;
  readonly #possible = new Map<string, (RecordState | undefined)[]>();

  constructor(history: History, options: ViewOptions) {
    this.#history = history;
    this.#options = options;
  }

  get mayBeShort(): boolean {
    return this.#options.mayBeShort;
  }

  keys(kind: Kind): Key[] {
    return this.#history.keys(kind);
  }

  /** The states that one field or edge may show of a record, by `listed` or by `lookup`. */
  possibleStates(key: Key, access: Access, field: string): readonly (RecordState | undefined)[] {
    const [kind] = key.split(":") as [Kind];
    const source =
      field === "listed" || field === "lookup"
        ? field
        : naming[kind].summary.includes(field)
          ? "summary"
          : "";
    const name = `${key} ${access} ${source}`;
    let possible = this.#possible.get(name);
    if (!possible) {
      possible = this.#find(key, kind, access, source);
      this.#possible.set(name, possible);
    }
    return possible;
  }

  #find(key: Key, kind: Kind, access: Access, source: string): (RecordState | undefined)[] {
    const { cutoffs, shownAt, readAt } = this.#options;
    const listed =
      source === "listed" ? readAt.get(kind) : source === "summary" ? readAt.get(`listed ${key}`) : undefined;
    // A lookup by Bitrix id is a separate call, which details do not save.
    const detailed = source === "listed" || source === "lookup" ? undefined : readAt.get(key);
    const never = Number.NEGATIVE_INFINITY;
    return this.#history.since(
      key,
      Math.max(cutoffs[access], this.#history.floor(key, shownAt), listed ?? never, detailed ?? never),
    );
  }

  /** Throws if an object's fields and relations show several states of its record. */
  ensureOneVersion(key: Key, fields: RecordState["fields"], relations: RecordState["relations"]): void {
    if (!this.#options.oneVersion) return;
    const isOf = (state: RecordState | undefined) =>
      Object.entries(fields).every(([name, value]) => (state?.fields[name] ?? null) === value) &&
      Object.entries(relations).every(([name, target]) => (state?.relations[name] ?? null) === target);
    const states = this.#history.since(key, Number.NEGATIVE_INFINITY);
    ensure(
      states.some(isOf),
      () => `${key} is of several states: ${JSON.stringify({ fields, relations, states })}`,
    );
  }

  values(key: Key, access: Access, field: string): Value[] {
    return this.possibleStates(key, access, field).flatMap((state) =>
      state ? [state.fields[field] ?? null] : [],
    );
  }

  /** The value of a field if only one is possible. */
  onlyValue(key: Key, access: Access, field: string): Value | undefined {
    const values = new Set(this.values(key, access, field));
    return values.size === 1 ? [...values][0] : undefined;
  }

  relationTargets(key: Key, access: Access, relation: string): (Key | null)[] {
    return this.possibleStates(key, access, relation).flatMap((state) =>
      state ? [state.relations[relation] ?? null] : [],
    );
  }

  /** Whether the newest list contains the record. */
  isListed(key: Key): Chance {
    const { hidesArchived } = this.#options;
    return chanceOf(
      this.possibleStates(key, "index", "listed").map(
        (state) => state !== undefined && !(hidesArchived && state.isHidden),
      ),
    );
  }

  /** The records that a Bitrix id may resolve to, highest id first, and whether it must resolve to the first one. */
  lookUp(kind: Kind, externalId: string): { readonly keys: Key[]; readonly isCertain: boolean } {
    const keys = this.keys(kind);
    const found = keys.map((key) => ({
      key,
      ...chanceOf(
        this.possibleStates(key, "named", "lookup").map((state) => state?.fields.externalId === externalId),
      ),
    }));
    const may = found.filter((one) => one.may);
    return {
      keys: may.map(({ key }) => key).sort((a, b) => idOf(b) - idOf(a)),
      isCertain: may.every(({ must }) => must),
    };
  }
}

/** Whether a condition may be true, and whether it must be. */
export interface Chance {
  readonly may: boolean;
  readonly must: boolean;
}

export function chanceOf(cases: readonly boolean[]): Chance {
  return { may: cases.some(Boolean), must: cases.length > 0 && cases.every(Boolean) };
}

export function both(...all: readonly Chance[]): Chance {
  return { may: all.every(({ may }) => may), must: all.every(({ must }) => must) };
}

export function either(...all: readonly Chance[]): Chance {
  return { may: all.some(({ may }) => may), must: all.some(({ must }) => must) };
}

/** Whether a record refers to another by a relation. */
export function refers(view: View, key: Key, relation: string, parent: Key): Chance {
  return chanceOf(view.relationTargets(key, "index", relation).map((target) => target === parent));
}

/** Whether a contract is on a rental object that refers to the parent by the relation. */
export function refersThrough(view: View, key: Key, relation: string, parent: Key): Chance {
  const targets = new Set(view.relationTargets(key, "index", "rentalObject"));
  const all = [...targets].map((target) => (target ? refers(view, target, relation, parent) : NEVER));
  return targets.size === 1 ? (all[0] as Chance) : { may: either(...all).may, must: both(...all).must };
}
const NEVER: Chance = { may: false, must: false };

export const kindOf = (type: string): Kind => kinds.find((kind) => naming[kind].type === type) as Kind;
