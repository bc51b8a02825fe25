import { type KeptText, type KeptTexts, TextsBySlot } from "./kept-texts.ts";
import {
  beginRecording,
  endRecording,
  isRecording,
  type Recorded,
  recordBytes,
  type ShownVersion,
  type VersionedObject,
} from "./shown-versions.ts";

/** The source of resolvers whose fields stay as they are while the version of its object does. */
export interface VersionedSource {
  readonly object: VersionedObject;
  /** The present version of the object; 0 if it is not known, or if the source shows an earlier one. */
  readonly version: number;
  /**
   * Shows the object's present version at a level, and others at theirs, as if their fields were read. Returns false if
   * the fields have to be executed: one of these is not known at its level, is too old, or has changed.
   */
  show(level: number, others: readonly ShownVersion[]): boolean;
}

/** What is written to: its text is what was written since it was emptied. */
interface Written {
  text: string;
}

/** Fields of an object, one after the other, whose text depends on versions of objects alone. */
export class FieldRun {
  /** How many fields it has. */
  readonly length: number;
  readonly #level: number;
  readonly #texts: TextsBySlot;
  readonly #isKept: () => boolean;

  /**
   * `levels`: at which the object has to be known, by field; `isKept`: whether the texts that are written from now on
   * are kept.
   */
  constructor(levels: readonly number[], texts: KeptTexts, isKept: () => boolean) {
    this.length = levels.length;
    this.#level = Math.max(...levels);
    this.#texts = new TextsBySlot(texts);
    this.#isKept = isKept;
  }

  /** The text of the fields, where it is kept and still right. */
  textOf(source: VersionedSource): KeptText | undefined {
    const { version } = source;
    const { slot } = source.object;
    if (version === 0 || slot < 0) return undefined;
    const kept = this.#texts.get(slot, version);
    if (!kept || !source.show(this.#level, kept.others)) return undefined;
    recordBytes(kept.bytes);
    return kept;
  }

  /**
   * Keeps the text that is written to an output from now on, once all of it is. `first`: where the run begins among the
   * object's fields.
   */
  record({ object, version }: VersionedSource, output: Written, first: number): RunRecording | undefined {
    if (!this.#isKept() || isRecording() || version === 0 || object.slot < 0) return undefined;
    return new RunRecording(output, first + this.length - 1, (text, { shown, bytes }) => {
      const others = shown.filter((one) => one.object !== object || one.level > this.#level);
      if (object.version !== version) return;
      // The copy has room for these alone, a filtered array for more.
      this.#texts.keep(object.slot, { version, text, bytes, others: others.slice() });
    });
  }
}

/** The text of a run that is being written. */
export class RunRecording {
  /** Where the run ends among the object's fields. */
  readonly last: number;
  readonly #output: Written;
  readonly #before: string;
  readonly #keep: (text: string, recorded: Recorded) => void;

  constructor(output: Written, last: number, keep: (text: string, recorded: Recorded) => void) {
    this.last = last;
    this.#output = output;
    this.#before = output.text;
    this.#keep = keep;
    output.text = "";
    beginRecording();
  }

  /** Ends it where all of the run is written; `isRight`: nothing of it has failed. */
  end(isRight: boolean): void {
    const text = this.#restore();
    const recorded = endRecording();
    if (recorded && isRight) this.#keep(text, recorded);
  }

  /** Ends it where the text is not to be kept: a part of it is pending, or ends the object. */
  giveUp(): void {
    this.#restore();
    endRecording();
  }

  #restore(): string {
    const { text } = this.#output;
    this.#output.text = this.#before + text;
    return text;
  }
}
