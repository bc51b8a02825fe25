import { JsonOutput, type JsonPart } from "./json-text.ts";

/** JSON text that is not known yet. */
export type Pending = Promise<JsonPart>;

/** Writes a value separately, to be inserted later. */
export function writeSeparately(write: (output: JsonOutput) => Pending | undefined): JsonPart | Pending {
  const output = new JsonOutput();
  return write(output) ?? output.take();
}

/** The text of an object or list with pending values: known text, and promises of the rest. */
export class PartialText {
  /** Receives the following text. */
  readonly output = new JsonOutput();
  readonly #parts: (JsonPart | Pending)[];
  hasPending = false;

  constructor(written: JsonPart) {
    this.#parts = [written];
  }

  add(pending: Pending): void {
    this.#parts.push(this.output.take(), pending);
    this.hasPending = true;
  }

  /** Resolves with the whole text. */
  whenKnown(): Promise<JsonPart[]> {
    this.#parts.push(this.output.take());
    return Promise.all(this.#parts);
  }

  /** Ignores the outcome of pending values, because the text is discarded. */
  giveUp(): void {
    void Promise.allSettled(this.#parts);
  }
}

/** Resolves with the text of an object, after as many microtasks as graphql-js takes. */
export async function resolveParts(partial: PartialText): Promise<JsonPart> {
  return await partial.whenKnown();
}

/** Throws an error once pending fields have settled; otherwise their failures would be unhandled rejections. */
export function rejectAfter(partial: PartialText, error: unknown): Pending {
  return resolveParts(partial).finally(() => {
    throw error;
  });
}
