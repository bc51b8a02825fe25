import { LRUCache } from "lru-cache";
import type { RepeatableAnswer } from "../../server/index.ts";

/** Reports whose last answer is remembered: a tag and what decides whether it stands, not its rows. */
const MAX_REPORTS = 500;

interface Remembered {
  readonly etag: string;
  readonly repeatable: RepeatableAnswer;
}

/**
 * Which reports have not changed since they were last given, so that a client that has one gets a 304 without a run.
 */
export class UnchangedReports {
  readonly #reports = new LRUCache<string, Remembered>({ max: MAX_REPORTS });

  /** The tag of what a key would give now, if that is known without a run. */
  find(key: string): string | undefined {
    const remembered = this.#reports.get(key);
    const standing = remembered?.repeatable.standing();
    if (standing === "outdated") this.#reports.delete(key);
    return standing === "current" ? remembered?.etag : undefined;
  }

  remember(key: string, etag: string, repeatable: RepeatableAnswer): void {
    this.#reports.set(key, { etag, repeatable });
  }
}
