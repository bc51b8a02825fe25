import type { Random } from "../store/random.ts";
import type { LogEntry } from "./log.ts";

/** The kinds of faults. Unless stated otherwise, the request is not carried out. */
export type FaultKind =
  /** A status, with a DRF body unless `body` is given, and with `Retry-After` if given (seconds or an HTTP date). */
  | {
      readonly kind: "status";
      readonly status: number;
      readonly retryAfter?: number | string;
      readonly body?: unknown;
    }
  /** The connection is reset before anything is done. */
  | { readonly kind: "reset" }
  /** The request is carried out, then the connection is reset without an answer. */
  | { readonly kind: "lostAnswer" }
  /** The connection is reset without an answer; the request is carried out `ms` milliseconds later. */
  | { readonly kind: "late"; readonly ms: number | (() => number) }
  /**
   * No bytes for `ms` milliseconds (for ever by default), then the normal answer. `point` says whether the request is
   * carried out before the stall or after it (the default).
   */
  | { readonly kind: "stall"; readonly ms?: number; readonly point?: "before" | "after" }
  /** The request is carried out; its answer ends in the middle of the body. */
  | { readonly kind: "cut" }
  /** A proxy's HTML page in place of the answer, with status 502 by default. */
  | { readonly kind: "html"; readonly status?: number }
  /** The request is carried out; the JSON of its answer is replaced. */
  | { readonly kind: "transform"; readonly change: (body: unknown, request: LogEntry) => unknown }
  /** Alma's own 404 in JSON, as if the record had vanished since the list was read. */
  | { readonly kind: "vanish" };

/** A fault, applied to the requests that match `when`, with the probability `rate`, at most `times` times. */
export type Fault = FaultKind & {
  readonly when?: (request: LogEntry) => boolean;
  readonly rate?: number;
  readonly times?: number;
};

/** A fault that has been added. */
export interface ActiveFault {
  /** How many requests the fault was applied to. */
  readonly hits: number;
  remove(): void;
}

/** The active faults. At most one applies to a request: the first in order of addition. */
export interface Faults {
  add(fault: Fault): ActiveFault;
  /**
   * Adds typical faults, which together apply to the share `rate` of all requests. `stall`: milliseconds after which a
   * request that stalls is carried out.
   */
  mix(rate: number, stall?: number): void;
  clear(): void;
}

/** The active faults, and the selection of one for a request. */
export interface FaultInjector {
  readonly faults: Faults;
  /** The fault that applies to a request; undefined if none does. */
  pick(request: LogEntry): FaultKind | undefined;
}

interface FaultRule {
  readonly fault: Fault;
  hits: number;
}

/** Creates faults. The same seed and the same requests give the same faults. */
export function createFaults(random: Random): FaultInjector {
  let rules: FaultRule[] = [];
  const add = (fault: Fault): ActiveFault => {
    const rule: FaultRule = { fault, hits: 0 };
    rules.push(rule);
    return {
      get hits() {
        return rule.hits;
      },
      remove() {
        rules = rules.filter((other) => other !== rule);
      },
    };
  };
  return {
    faults: {
      add,
      mix(rate, stall = 3_000) {
        // Faults are tried one after the other; with this share each, together they apply at the rate.
        const share = 1 - (1 - rate) ** (1 / (usualFaults.length + 1));
        for (const fault of usualFaults) add({ ...fault, rate: share });
        add({ kind: "stall", ms: stall, rate: share });
      },
      clear() {
        rules = [];
      },
    },
    pick(request) {
      const rule = rules.find(({ fault, hits }) => {
        if (hits >= (fault.times ?? Number.POSITIVE_INFINITY) || fault.when?.(request) === false)
          return false;
        return fault.rate === undefined || random.chance(fault.rate);
      });
      if (rule) rule.hits += 1;
      return rule?.fault;
    },
  };
}

const usualFaults: readonly FaultKind[] = [
  { kind: "status", status: 503 },
  { kind: "status", status: 503, retryAfter: 1 },
  { kind: "status", status: 429, retryAfter: 1 },
  { kind: "reset" },
  { kind: "lostAnswer" },
  { kind: "cut" },
  { kind: "html" },
];
