import type { Random } from "../store/random.ts";
import type { LogEntry } from "./log.ts";

/** What goes wrong. Unless said otherwise, the request is not carried out. */
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
  /**
   * Nothing for `ms` (for ever if left out), then the usual answer. `point` tells whether the request is carried out
   * before the silence or after it (the default).
   */
  | { readonly kind: "stall"; readonly ms?: number; readonly point?: "before" | "after" }
  /** The request is carried out; its answer ends in the middle of the body. */
  | { readonly kind: "cut" }
  /** A page of a proxy in the place of an answer; status 502 unless given. */
  | { readonly kind: "html"; readonly status?: number }
  /** The JSON that would be answered is changed first. */
  | { readonly kind: "transform"; readonly change: (body: unknown, request: LogEntry) => unknown }
  /** Alma's own 404 in JSON, as if the record had vanished since the list was read. */
  | { readonly kind: "vanish" };

/** A fault and the requests it strikes: those that match, by chance at `rate`, at most `times`. */
export type Fault = FaultKind & {
  readonly when?: (request: LogEntry) => boolean;
  readonly rate?: number;
  readonly times?: number;
};

/** A fault in force. */
export interface ActiveFault {
  /** How many requests it has struck. */
  readonly hits: number;
  remove(): void;
}

/** The faults in force; at most one strikes a request, the one added first. */
export interface Faults {
  add(fault: Fault): ActiveFault;
  /** The usual mixture: at this rate, requests of all kinds get one of the usual faults. */
  mix(rate: number): void;
  clear(): void;
}

export interface FaultInjector {
  readonly faults: Faults;
  /** The fault that strikes a request, if one does. */
  pick(request: LogEntry): FaultKind | undefined;
}

interface FaultRule {
  readonly fault: Fault;
  hits: number;
}

/** Faults that fall the same for the same seed and the same requests. */
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
        rules = rules.filter((each) => each !== rule);
      },
    };
  };
  return {
    faults: {
      add,
      mix(rate) {
        // Each is asked in turn, so that together they strike at the rate.
        const share = 1 - (1 - rate) ** (1 / usualFaults.length);
        for (const fault of usualFaults) add({ ...fault, rate: share });
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
  { kind: "stall", ms: 3_000 },
];
