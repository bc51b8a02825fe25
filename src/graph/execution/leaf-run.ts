import { type LeafField, leafTextOf } from "../output/json-text.ts";
import type { VersionedSource } from "./source-resolver.ts";

/** The maximum number of characters of cached texts, enough for some ten thousand records. */
const MAX_CHARACTERS = 8 * 1024 * 1024;
/** The overhead of one text, in characters. */
const CHARACTERS_PER_TEXT = 80;

/**
 * How most fields of a list are written: without a path and without the other data that only resolvers and errors need.
 */
export interface LeafPlan extends LeafField {
  readonly read: (source: unknown) => unknown;
  /** The level at which a `VersionedSource` must be known; undefined for other sources. */
  readonly level: number | undefined;
}

/** All cached texts of leaf runs. If they exceed the limit, all are dropped. */
export class LeafTexts {
  readonly #runs = new Set<LeafRun>();
  #characters = 0;

  /** Reserves space for the text of a run. */
  takeRoom(run: LeafRun, length: number): void {
    this.#characters += length + CHARACTERS_PER_TEXT;
    if (this.#characters > MAX_CHARACTERS) {
      for (const one of this.#runs) one.drop();
      this.#runs.clear();
      this.#characters = 0;
    }
    this.#runs.add(run);
  }
}

/**
 * Consecutive leaf fields of a `VersionedSource`. Their text is written once per version and cached, since most records
 * are the same in the next answer. That halves the time for 1,000 units with three fields.
 */
export class LeafRun {
  /** The number of fields. */
  readonly length: number;
  readonly #leaves: readonly LeafPlan[];
  readonly #level: number;
  readonly #all: LeafTexts;
  readonly #end: string;
  /** The versions written last and their texts, by slot: faster than a WeakMap of versions. */
  #versions: object[] = [];
  #texts: string[] = [];

  /** `end`: the text after the fields. */
  constructor(leaves: readonly LeafPlan[], end: string, all: LeafTexts) {
    this.length = leaves.length;
    this.#leaves = leaves;
    this.#end = end;
    this.#level = Math.max(...leaves.map(({ level = 0 }) => level));
    this.#all = all;
  }

  /** Returns the text of the fields, or undefined if they must be executed one by one. */
  textOf(source: VersionedSource): string | undefined {
    const version = source.showVersion(this.#level);
    if (!version) return undefined;
    return this.#versions[source.slot] === version ? this.#texts[source.slot] : this.#write(version, source);
  }

  drop(): void {
    this.#versions = [];
    this.#texts = [];
  }

  #write(version: object, source: VersionedSource) {
    let text = "";
    try {
      for (const leaf of this.#leaves) {
        const one = leafTextOf(leaf.read(source), leaf);
        if (one === undefined) return undefined;
        text += one;
      }
    } catch {
      // The execution of the single fields reports it.
      return undefined;
    }
    text += this.#end;
    if (source.slot < 0) return text;
    this.#all.takeRoom(this, text.length);
    // Reading a character flattens the joined text.
    text.charCodeAt(0);
    this.#versions[source.slot] = version;
    this.#texts[source.slot] = text;
    return text;
  }
}
