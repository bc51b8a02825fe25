import { AlmaError } from "../alma/index.ts";
import { Census, type Unread } from "./census.ts";
import { type Entry, SUMMARY } from "./entry.ts";
import type { Kind } from "./kind.ts";
import { letStand } from "./lag.ts";
import { unreachable } from "./load.ts";
import type { Operation } from "./operation.ts";
import type { Reader } from "./read.ts";
import type { Readiness } from "./readiness.ts";
import { NEVER } from "./source.ts";
import type { Store } from "./store.ts";
import type { Table } from "./table.ts";

/** Which records a connection has to choose from. */
export interface Membership {
  readonly kind: Kind;
  /** The parents of a reverse edge (one, mostly), and the link by which the members refer to them. */
  readonly under?: { readonly link: string; readonly parents: readonly number[] };
  /** Whether their details decide who belongs, or in what order: always so under a parent. */
  readonly byDetail: boolean;
  /** The fields of their list that decide otherwise: where it leaves one open, that record's detail is read. */
  readonly byList?: readonly string[];
  /** Fields of their details that decide something else: of whom Alma answered one unreadably, nobody can say it. */
  readonly decides?: readonly string[];
  /** Whether the list itself is the answer, so that it has to be as young as its records, and not only as the index. */
  readonly asListed?: boolean;
}

/** A list that fails is not kept young, whatever becomes of the others. */
function listCutoff(operation: Operation, table: Table, { asListed = false }: Membership): number {
  const cutoff = asListed ? operation.reached : operation.index;
  return table.listFailure ? Math.max(cutoff, operation.unkept) : cutoff;
}

/** The candidates, newest first, and what their choice rests on. */
export interface Members {
  readonly entries: readonly Entry[];
  /** The oldest reading behind membership, order and absence. */
  readonly asOf: number;
  /** Listed records whose details could not be read, so that nobody can say whether they belong; with a reason. */
  readonly unread: Unread;
  /** Entries of the list that had no usable id. */
  readonly unreadable: number;
}

const MAX_ROUNDS = 8;

const nothing: readonly string[] = [];

/**
 * Finds the candidates of connections. When everything is known it answers at once, without a promise; else the list
 * and the details that are missing are read, at the operation's expense unless a warm-up is reading them.
 */
export class MemberFinder {
  readonly #store: Store;
  readonly #reader: Reader;
  readonly #readiness: Readiness | undefined;
  /** Per operation and table: 100 reverse edges look through the table once. */
  readonly #censuses = new WeakMap<Operation, Map<Table, Census>>();
  /** Details being read per operation and table: 100 reverse edges wait for them as one. */
  readonly #reading = new WeakMap<Operation, Map<Table, Promise<void>>>();

  constructor(store: Store, reader: Reader, readiness?: Readiness) {
    this.#store = store;
    this.#reader = reader;
    this.#readiness = readiness;
  }

  find(operation: Operation, membership: Membership): Members | Promise<Members> {
    const table = this.#store.tables[membership.kind];
    const known =
      table.listKnown(listCutoff(operation, table, membership)) &&
      (membership.byDetail
        ? this.#census(operation, table).missing.length === 0
        : open(operation, table, membership).length === 0);
    return known ? this.#members(operation, table, membership) : this.#read(operation, table, membership);
  }

  async #read(operation: Operation, table: Table, membership: Membership): Promise<Members> {
    const warm = membership.byDetail && this.#readiness?.ready(table.kind, operation);
    if (warm) await warm;
    operation.check();
    // What was read may have been overtaken when all of it is there: by a write, or by a newer list.
    for (let round = 0; round < MAX_ROUNDS; round++) {
      await this.readList(operation, table.kind, listCutoff(operation, table, membership));
      if (!membership.byDetail) return this.#readOpen(operation, table, membership);
      await this.#readDetails(operation, table);
      if (this.#census(operation, table).missing.length === 0)
        return this.#members(operation, table, membership);
    }
    const { typeName } = table.facts;
    throw new AlmaError(
      "ALMA_UNAVAILABLE",
      `Records of type ${typeName} change faster than they can be read. Try again in a moment.`,
    );
  }

  /** Reads what the list has left open, and leaves out whom nobody knows. */
  async #readOpen(operation: Operation, table: Table, membership: Membership): Promise<Members> {
    const missing = () => open(operation, table, membership);
    const warm = missing().length > 0 && this.#readiness?.ready(table.kind, operation);
    if (warm) await warm;
    await this.#readThem(operation, missing());
    const since = operation.failuresSince(operation.index);
    const unread = missing().flatMap((entry) => {
      const error = entry.failed(since);
      return error && !(operation.serveStale && unreachable(error)) ? [{ entry, error }] : [];
    });
    const out = new Set(unread.map(({ entry }) => entry));
    const members = this.#members(operation, table, membership);
    return out.size === 0
      ? members
      : { ...members, entries: members.entries.filter((entry) => !out.has(entry)), unread };
  }

  /** Reads the list of a kind, unless it is known as of a time after `cutoff`. Throws AlmaError. */
  async readList(operation: Operation, kind: Kind, cutoff: number): Promise<void> {
    const table = this.#store.tables[kind];
    if (table.listKnown(cutoff)) return;
    if (!this.#reader.listing(kind)) operation.reserve(1);
    const since = operation.failuresSince(cutoff);
    await operation.wait(this.#reader.list(kind, cutoff, since, operation));
    if (table.listKnown(cutoff)) return;
    const error = table.listFailure?.error;
    if (error && !(operation.serveStale && unreachable(error) && table.listed.length > 0)) throw error;
  }

  #readDetails(operation: Operation, table: Table): Promise<void> {
    const reading = this.#reading.get(operation) ?? new Map<Table, Promise<void>>();
    this.#reading.set(operation, reading);
    let read = reading.get(table);
    if (!read) {
      read = this.#readMissing(operation, table).finally(() => reading.delete(table));
      reading.set(table, read);
    }
    return read;
  }

  async #readMissing(operation: Operation, table: Table): Promise<void> {
    await this.#readThem(operation, this.#census(operation, table).missing);
    const { unread } = this.#census(operation, table);
    // One broken record costs itself; when none can be read there is nothing to choose from.
    const [first] = unread;
    if (first && unread.length === table.listed.length) throw first.error;
  }

  async #readThem(operation: Operation, unknown: readonly Entry[]): Promise<void> {
    const ownOf = (entries: readonly Entry[]) => entries.filter((entry) => !this.#reader.reading(entry));
    const tooMany = operation.index === NEVER && ownOf(unknown).length > operation.affordable;
    const standing = letStand(this.#store, tooMany ? unknown : []);
    const missing = unknown.filter((entry) => !standing.has(entry));
    const own = ownOf(missing);
    operation.reserve(own.length, own);
    const since = operation.failuresSince(operation.index);
    const reads = missing.map((entry) => this.#reader.detail(entry, operation.index, since, operation));
    await operation.wait(Promise.all(reads));
  }

  /** Counted once per operation and version. */
  #census(operation: Operation, table: Table): Census {
    let censuses = this.#censuses.get(operation);
    if (!censuses) {
      censuses = new Map();
      this.#censuses.set(operation, censuses);
    }
    const before = censuses.get(table);
    if (before?.version === table.version) return before;
    const census = new Census(table, operation);
    censuses.set(table, census);
    return census;
  }

  #members(operation: Operation, table: Table, { under, byDetail, decides = nothing }: Membership): Members {
    const candidates = under ? table.under(under.link, under.parents) : table.listed;
    const asOf = byDetail ? table.indexAt() : table.listAt;
    operation.saw(asOf);
    const base = { asOf, unreadable: table.unreadable };
    if (!byDetail) return { ...base, entries: candidates, unread: [] };
    const link = under && table.facts.linkFields[under.link];
    const left = this.#census(operation, table).leftOut(link ? [link, ...decides] : decides);
    const { out, unread } = left;
    if (out.size === 0) return { ...base, entries: candidates, unread };
    const present = () => candidates.filter((entry) => !out.has(entry));
    if (under) return { ...base, entries: present(), unread };
    left.present ??= present();
    return { ...base, entries: left.present, unread };
  }
}

/** Listed records of which neither the list nor a detail tells what decides. */
function open({ index }: Operation, { facts, listed }: Table, { byList = [] }: Membership): Entry[] {
  const summary: readonly string[] = facts.summary;
  const fields = byList.filter((field) => summary.includes(field));
  if (fields.length === 0) return [];
  return listed.filter(
    (entry) => fields.some((field) => !(entry.at(SUMMARY, field) > index)) && !entry.gone(index),
  );
}
