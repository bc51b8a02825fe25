import { JsonOutput, type JsonPart } from "./json-text.ts";

/** The JSON text of a value that is not known yet. */
export type Pending = Promise<JsonPart>;

/** Writes a value by itself, later than what stands around it. */
export function writeApart(write: (output: JsonOutput) => Pending | undefined): JsonPart | Pending {
  const output = new JsonOutput();
  return write(output) ?? output.take();
}

/** The text of an object or a list of which some values are pending: what is known of it, and promises of the rest. */
export class PartialText {
  /** Takes what follows. */
  readonly output = new JsonOutput();
  readonly #parts: (JsonPart | Pending)[];
  hasPending = false;

  /** `written`: the beginning. */
  constructor(written: JsonPart) {
    this.#parts = [written];
  }

  /** Adds a value that is pending. */
  add(pending: Pending): void {
    this.#parts.push(this.output.take(), pending);
    this.hasPending = true;
  }

  /** The whole text, once all of it is known. */
  whenKnown(): Promise<JsonPart[]> {
    this.#parts.push(this.output.take());
    return Promise.all(this.#parts);
  }

  /** Ignores what becomes of pending values: the text is given up. */
  giveUp(): void {
    void Promise.allSettled(this.#parts);
  }
}

/** The text of an object, once all of its fields are known; as many steps later as graphql-js waits for them. */
export async function allOf(partial: PartialText): Promise<JsonPart> {
  return await partial.whenKnown();
}

/** Throws an error once pending fields are known: if they failed too, they would be unhandled rejections. */
export function failAfter(partial: PartialText, error: unknown): Pending {
  return allOf(partial).finally(() => {
    throw error;
  });
}
