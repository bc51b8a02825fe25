import type { ShownVersion } from "./shown-versions.ts";

/** Bytes of a text besides its characters, and of one object that it shows. */
const BYTES_PER_TEXT = 80;
const BYTES_PER_SHOWN = 48;

/** The text of some fields of an object, in one version of the object and of the others that it shows. */
export interface KeptText {
  readonly version: number;
  readonly text: string;
  /** The least size of the objects in it, in bytes of JSON, besides that of its own fields. */
  readonly bytes: number;
  readonly others: readonly ShownVersion[];
}

/**
 * The texts that one place of a document has written of objects, by their slots. An object that has not changed since
 * is not written again.
 */
export class TextsBySlot {
  readonly #kept: KeptTexts;
  #texts: (KeptText | undefined)[] = [];
  #bytes = 0;
  /** Higher than that of all places that were used before. */
  usedAt = 0;

  constructor(kept: KeptTexts) {
    this.#kept = kept;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** The text of a version of the object that has this slot. */
  get(slot: number, version: number): KeptText | undefined {
    this.usedAt = this.#kept.countUse();
    const text = this.#texts[slot];
    return text?.version === version ? text : undefined;
  }

  /** Keeps a text, unless there is no room for it beside the others of this place. */
  keep(slot: number, text: KeptText): void {
    const bytes = bytesOf(text) - bytesOf(this.#texts[slot]);
    if (!this.#kept.makeRoom(this, bytes)) return;
    this.#bytes += bytes;
    // Looking at a character makes one text of what was joined.
    text.text.charCodeAt(0);
    this.#texts[slot] = text;
  }

  clear(): void {
    this.#texts = [];
    this.#bytes = 0;
  }
}

/** All texts that are kept, bounded in bytes: those of the place that was used longest ago go first. */
export class KeptTexts {
  readonly #maxBytes: number;
  readonly #places = new Set<TextsBySlot>();
  #bytes = 0;
  #uses = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  countUse(): number {
    return ++this.#uses;
  }

  /** Takes so many further bytes for a place. Returns false if it alone would then have too many. */
  makeRoom(place: TextsBySlot, bytes: number): boolean {
    if (place.bytes + bytes > this.#maxBytes) return false;
    this.#places.add(place);
    this.#bytes += bytes;
    if (this.#bytes > this.#maxBytes) this.#dropOthers(place);
    return true;
  }

  /** Leaves a part free, so that the next text does not look for room again. */
  #dropOthers(place: TextsBySlot): void {
    const others = [...this.#places].filter((other) => other !== place).sort((a, b) => a.usedAt - b.usedAt);
    for (const other of others) {
      if (this.#bytes <= this.#maxBytes * 0.75) return;
      this.#bytes -= other.bytes;
      other.clear();
      this.#places.delete(other);
    }
  }
}

/** With one of these, each character of a text takes two bytes. */
const wideCharacter = /[\u0100-\uffff]/;

function bytesOf(kept: KeptText | undefined): number {
  if (!kept) return 0;
  const { text, others } = kept;
  const characters = wideCharacter.test(text) ? 2 * text.length : text.length;
  return characters + BYTES_PER_TEXT + others.length * BYTES_PER_SHOWN;
}
