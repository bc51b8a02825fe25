import type { CachedRecord } from "../record/cached-record.ts";

/** How far the warm-up of one kind is, and a promise of its end. */
export class WarmUpState {
  /** Records still to be read, the next one last; undefined until the list is read. */
  queue: CachedRecord[] | undefined;
  readsUnderWay = 0;
  isDone = false;
  /** Whether the last read of the list failed. */
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
