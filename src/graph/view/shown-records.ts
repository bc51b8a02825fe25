import { type CachedRecord, type Kind, type Level, NEVER } from "../../catalog/index.ts";
import { type RecordVersion, versionOf } from "./record-view.ts";

/** A mark is 0, or the level and 1 in its lowest bits with the place of the cut-off above them. */
const LEVEL_BITS = 2;
const LEVEL_MASK = (1 << LEVEL_BITS) - 1;

/** The slots of a block. */
const BLOCK_BITS = 6;
const BLOCK_MASK = (1 << BLOCK_BITS) - 1;

/** Records with slots that follow each other. */
class Block {
  readonly marks = new Array<number>(1 << BLOCK_BITS).fill(0);
  readonly summariesAt = new Array<number>(1 << BLOCK_BITS).fill(NEVER);
}

/** The blocks of one kind. */
class Blocks {
  readonly #blocks = new Map<number, Block>();
  #lastIndex = -1;
  #last: Block | undefined;

  get(slot: number): Block | undefined {
    const index = slot >> BLOCK_BITS;
    if (index !== this.#lastIndex) {
      this.#lastIndex = index;
      this.#last = this.#blocks.get(index);
    }
    return this.#last;
  }

  getOrCreate(slot: number): Block {
    const known = this.get(slot);
    if (known) return known;
    this.#last = new Block();
    this.#blocks.set(this.#lastIndex, this.#last);
    return this.#last;
  }

  values(): Iterable<Block> {
    return this.#blocks.values();
  }
}

/** How texts have shown a record, for the view that is made of it. */
interface ShownRecord {
  readonly version: RecordVersion;
  readonly cutoff: number;
}

/**
 * The records that texts of one answer have shown without views, by their slots: a map of records takes several times
 * as long. Their contents, and when their details were read, stay as they were: a record is taken before that changes,
 * and before it loses its slot. Only a summary may have been read again.
 */
export class ShownRecords {
  readonly #kinds = new Map<Kind, Blocks>();
  readonly #cutoffs: number[] = [];
  /** The cut-off that was last looked for, and its place among them. */
  #lastCutoff = Number.NaN;
  #lastPlace = 0;
  /** The kind that was last looked for, and its blocks. */
  #lastKind: Kind | undefined;
  #lastBlocks: Blocks | undefined;

  #blocksOf(kind: Kind): Blocks | undefined {
    if (kind !== this.#lastKind) {
      this.#lastKind = kind;
      this.#lastBlocks = this.#kinds.get(kind);
    }
    return this.#lastBlocks;
  }

  #markOf({ kind, slot }: CachedRecord): number {
    return this.#blocksOf(kind)?.get(slot)?.marks[slot & BLOCK_MASK] ?? 0;
  }

  /** Whether a record was shown at this level, or a higher one, and under this cut-off. */
  has(cached: CachedRecord, level: Level, cutoff: number): boolean {
    const mark = this.#markOf(cached);
    return (mark & LEVEL_MASK) > level && this.#cutoffs[mark >> LEVEL_BITS] === cutoff;
  }

  /** The youngest cut-off under which a record was shown; undefined if it was not. */
  cutoffOf(cached: CachedRecord): number | undefined {
    const mark = this.#markOf(cached);
    return mark === 0 ? undefined : this.#cutoffs[mark >> LEVEL_BITS];
  }

  /** Notes that a record was shown, whose summary was read at `summaryAt`. */
  note({ kind, slot }: CachedRecord, level: Level, cutoff: number, summaryAt: number): void {
    let blocks = this.#blocksOf(kind);
    if (!blocks) {
      blocks = new Blocks();
      this.#lastBlocks = blocks;
      this.#kinds.set(kind, blocks);
    }
    const { marks, summariesAt } = blocks.getOrCreate(slot);
    const place = slot & BLOCK_MASK;
    const former = marks[place] as number;
    if (former === 0) {
      summariesAt[place] = summaryAt;
      marks[place] = (this.#placeOf(cutoff) << LEVEL_BITS) | (level + 1);
      return;
    }
    const youngest = Math.max(this.#cutoffs[former >> LEVEL_BITS] as number, cutoff);
    marks[place] = (this.#placeOf(youngest) << LEVEL_BITS) | Math.max(former & LEVEL_MASK, level + 1);
  }

  #placeOf(cutoff: number): number {
    if (cutoff !== this.#lastCutoff) {
      const place = this.#cutoffs.indexOf(cutoff);
      this.#lastCutoff = cutoff;
      this.#lastPlace = place < 0 ? this.#cutoffs.push(cutoff) - 1 : place;
    }
    return this.#lastPlace;
  }

  /** Takes a record, which is shown through a view from now on; undefined if it was not shown. */
  take(cached: CachedRecord): ShownRecord | undefined {
    const cutoff = this.cutoffOf(cached);
    const block = cutoff === undefined ? undefined : this.#kinds.get(cached.kind)?.get(cached.slot);
    if (cutoff === undefined || !block) return undefined;
    const place = cached.slot & BLOCK_MASK;
    block.marks[place] = 0;
    return { version: { ...versionOf(cached), summaryAt: block.summariesAt[place] as number }, cutoff };
  }

  /** How many of them had been read before a time when they were shown. */
  countReadBefore(time: number): number {
    let count = 0;
    for (const blocks of this.#kinds.values())
      for (const { marks, summariesAt } of blocks.values())
        for (let place = 0; place < marks.length; place++) {
          const at = summariesAt[place] as number;
          if (marks[place] !== 0 && at > NEVER && at < time) count++;
        }
    return count;
  }
}
