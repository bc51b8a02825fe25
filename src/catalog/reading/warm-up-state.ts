import type { CachedRecord } from "../store/cached-record.ts";

/** How far the first reading of one kind is, and a promise for who waits for it. */
export class WarmUpState {
  /** Records still to be read, the next one last; undefined until the list is there. */
  queue: CachedRecord[] | undefined;
  readsUnderWay = 0;
  isDone = false;
  /** The list could not be read at the last try. */
  isFailing = false;
  readonly whenDone: Promise<void>;
  readonly finish: () => void;

  constructor() {
    let resolve = (): void => {};
    this.whenDone = new Promise((done) => {
      resolve = done;
    });
    this.finish = () => {
      this.isDone = true;
      resolve();
    };
  }
}
