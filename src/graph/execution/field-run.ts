import { leafTextOf } from "./json-text.ts";
import { type KeptTexts, TextsBySlot } from "./kept-texts.ts";
import type { PlannedField } from "./plan.ts";
import type { VersionedSource } from "./source-resolver.ts";

/** Fields of an object, one after the other, that stay as they are while the version of the object does. */
export class FieldRun {
  readonly fields: readonly PlannedField[];
  readonly #level: number;
  readonly #texts: TextsBySlot;
  readonly #isKept: () => boolean;

  /** `isKept`: whether the texts that are written from now on are kept. */
  constructor(fields: readonly PlannedField[], texts: KeptTexts, isKept: () => boolean) {
    this.fields = fields;
    this.#level = Math.max(...fields.map(({ leaf }) => leaf?.level ?? 0));
    this.#texts = new TextsBySlot(texts);
    this.#isKept = isKept;
  }

  /** The text of the fields; undefined if they have to be executed one by one: one is not known yet, or fails. */
  textOf(source: VersionedSource): string | undefined {
    const { slot } = source;
    const version = slot < 0 ? undefined : source.showVersion(this.#level);
    if (version === undefined) return undefined;
    const kept = this.#texts.get(slot, version);
    if (kept !== undefined || !this.#isKept()) return kept;
    const text = this.#write(source);
    if (text !== undefined) this.#texts.keep(slot, version, text);
    return text;
  }

  #write(source: VersionedSource): string | undefined {
    let text = "";
    try {
      for (const { prefix, leaf } of this.fields) {
        const written = leaf && leafTextOf(leaf.read(source), prefix, leaf);
        if (written === undefined) return undefined;
        text += written;
      }
    } catch {
      // It fails again, at its path.
      return undefined;
    }
    return text;
  }
}
