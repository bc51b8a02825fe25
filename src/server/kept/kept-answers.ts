import { LRUCache } from "lru-cache";
import type { Metrics } from "../observe/metrics.ts";
import type { KeptAnswer } from "./kept-answer.ts";

/** Bytes for the key's objects and for what decides whether an answer stands. */
const overhead = 8_192;
/** No answer takes more than this part of the memory, or a few reports would replace all else. */
const largestShare = 1 / 4;

/** The answers that are sent again while nothing that they rest on has changed. `maxBytes`: of all; 0 keeps none. */
export function createKeptAnswers(maxBytes: number, metrics: Pick<Metrics, "recordKeptAnswer">) {
  const answers =
    maxBytes === 0
      ? undefined
      : new LRUCache<string, KeptAnswer>({
          maxSize: maxBytes,
          maxEntrySize: Math.ceil(maxBytes * largestShare),
          sizeCalculation: (answer, key) => answer.size + key.length + overhead,
          dispose: (_answer, _key, reason) => {
            if (reason === "evict") metrics.recordKeptAnswer("evicted");
          },
        });
  return {
    /** Whether any answers are kept. */
    isOn: answers !== undefined,

    /** Bytes of all kept answers. */
    get bytes() {
      return answers?.calculatedSize ?? 0;
    },

    /** The answer to a request, if there is one that stands. */
    find(key: string): KeptAnswer | undefined {
      const answer = answers?.get(key);
      const standing = answer?.details.repeatable.standing();
      if (standing === "outdated") answers?.delete(key);
      metrics.recordKeptAnswer(standing === "current" ? "served" : (standing ?? "missed"));
      return standing === "current" ? answer : undefined;
    },

    /** Keeps an answer. An answer that has grown, by another encoding, is kept anew. */
    keep(key: string, answer: KeptAnswer): void {
      answers?.set(key, answer);
    },
  };
}

export type KeptAnswers = ReturnType<typeof createKeptAnswers>;
