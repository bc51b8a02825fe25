import { ensure, type History, idOf } from "./history.ts";
import { type Key, type Kind, kinds, naming, type Seen, type Value } from "./world.ts";

/** Whether a record is reached by a name in the query, through a connection, or chosen by an index. */
export type Way = "named" | "reached" | "index";

/** The oldest that each may be, as times of the clock. */
export type Cutoffs = Readonly<Record<Way, number>>;

export interface ViewOptions {
  readonly cutoffs: Cutoffs;
  /** When the answer came. */
  readonly shownAt: number;
  /** Whether lists leave archived records out. */
  readonly hides: boolean;
  /** Whether a page may be short: what no longer belongs is dropped from it. */
  readonly short: boolean;
  /** Whether an object shows its record as it was at one time: nothing but writes through the gateway changes any. */
  readonly oneVersion: boolean;
  /** When the gateway last read a record's detail, its kind's list, or a list that names it: from then on it knows. */
  readonly readAt: ReadonlyMap<Key | Kind | `listed ${Key}`, number>;
}

/** What one answer may show. */
export class View {
  readonly #history: History;
  readonly #options: ViewOptions;
  readonly #possible = new Map<string, (Seen | undefined)[]>();

  constructor(history: History, options: ViewOptions) {
    this.#history = history;
    this.#options = options;
  }

  get short(): boolean {
    return this.#options.short;
  }

  keys(kind: Kind): Key[] {
    return this.#history.keys(kind);
  }

  /** What a record may be shown as, for the sake of one field or edge (or of its place in the list). */
  possible(key: Key, way: Way, field: string): readonly (Seen | undefined)[] {
    const [kind] = key.split(":") as [Kind];
    const source =
      field === "listed" || field === "lookup" ? field : naming[kind].brief.includes(field) ? "brief" : "";
    const name = `${key} ${way} ${source}`;
    let possible = this.#possible.get(name);
    if (!possible) {
      possible = this.#find(key, kind, way, source);
      this.#possible.set(name, possible);
    }
    return possible;
  }

  #find(key: Key, kind: Kind, way: Way, source: string): (Seen | undefined)[] {
    const { cutoffs, shownAt, readAt } = this.#options;
    const listed =
      source === "listed" ? readAt.get(kind) : source === "brief" ? readAt.get(`listed ${key}`) : undefined;
    // What a Bitrix id leads to is asked for by itself.
    const detailed = source === "listed" || source === "lookup" ? undefined : readAt.get(key);
    const never = Number.NEGATIVE_INFINITY;
    return this.#history.since(
      key,
      Math.max(cutoffs[way], this.#history.floor(key, shownAt), listed ?? never, detailed ?? never),
    );
  }

  /** Throws if the fields and links of an object are of several versions of its record. */
  ensureOneVersion(key: Key, fields: Seen["fields"], links: Seen["links"]): void {
    if (!this.#options.oneVersion) return;
    const isOf = (seen: Seen | undefined) =>
      Object.entries(fields).every(([name, value]) => (seen?.fields[name] ?? null) === value) &&
      Object.entries(links).every(([name, target]) => (seen?.links[name] ?? null) === target);
    const versions = this.#history.since(key, Number.NEGATIVE_INFINITY);
    ensure(
      versions.some(isOf),
      () => `${key} is of several versions: ${JSON.stringify({ fields, links, versions })}`,
    );
  }

  values(key: Key, way: Way, field: string): Value[] {
    return this.possible(key, way, field).flatMap((seen) => (seen ? [seen.fields[field] ?? null] : []));
  }

  /** The value that a field can only have, if there is one. */
  certain(key: Key, way: Way, field: string): Value | undefined {
    const values = new Set(this.values(key, way, field));
    return values.size === 1 ? [...values][0] : undefined;
  }

  links(key: Key, way: Way, link: string): (Key | null)[] {
    return this.possible(key, way, link).flatMap((seen) => (seen ? [seen.links[link] ?? null] : []));
  }

  /** Whether the newest list names it. */
  listed(key: Key): Likely {
    const { hides } = this.#options;
    return likely(
      this.possible(key, "index", "listed").map((seen) => seen !== undefined && !(hides && seen.hidden)),
    );
  }

  /**
   * The records that a Bitrix id of a kind may lead to, the newest first, and whether it must lead to the first of
   * them.
   */
  named(kind: Kind, externalId: string): { readonly keys: Key[]; readonly surely: boolean } {
    const keys = this.keys(kind);
    const found = keys.map((key) => ({
      key,
      ...likely(this.possible(key, "named", "lookup").map((seen) => seen?.fields.externalId === externalId)),
    }));
    const may = found.filter((one) => one.may);
    return {
      keys: may.map(({ key }) => key).sort((a, b) => idOf(b) - idOf(a)),
      surely: may.every(({ must }) => must),
    };
  }
}

/** Whether something may be so, and whether it must. */
export interface Likely {
  readonly may: boolean;
  readonly must: boolean;
}

export function likely(cases: readonly boolean[]): Likely {
  return { may: cases.some(Boolean), must: cases.length > 0 && cases.every(Boolean) };
}

export function both(...all: readonly Likely[]): Likely {
  return { may: all.every(({ may }) => may), must: all.every(({ must }) => must) };
}

export function either(...all: readonly Likely[]): Likely {
  return { may: all.some(({ may }) => may), must: all.some(({ must }) => must) };
}

/** Whether a record refers to another by a link. */
export function refers(view: View, key: Key, link: string, parent: Key): Likely {
  return likely(view.links(key, "index", link).map((target) => target === parent));
}

/** Whether a contract is on an object, or on a room that refers to it by the link. */
export function refersThrough(view: View, key: Key, link: string, parent: Key): Likely {
  const targets = new Set(view.links(key, "index", "rentalObject"));
  const all = [...targets].map((target) => (target ? refers(view, target, link, parent) : NO));
  return targets.size === 1 ? (all[0] as Likely) : { may: either(...all).may, must: both(...all).must };
}
const NO: Likely = { may: false, must: false };

export const kindOf = (type: string): Kind => kinds.find((kind) => naming[kind].type === type) as Kind;
