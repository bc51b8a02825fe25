import type { Entry } from "./entry.ts";

/** How far the first reading of one kind is, and a promise for who waits for it. */
export class Warmed {
  /** Records still to be read, the next one last; undefined until the list is there. */
  queue: Entry[] | undefined;
  reading = 0;
  done = false;
  /** The list could not be read at the last try. */
  failing = false;
  readonly ready: Promise<void>;
  readonly finish: () => void;

  constructor() {
    let resolve = (): void => {};
    this.ready = new Promise((done) => {
      resolve = done;
    });
    this.finish = () => {
      this.done = true;
      resolve();
    };
  }
}
