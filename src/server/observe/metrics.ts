import type { FastifyContextConfig } from "fastify";
import { Counter, collectDefaultMetrics, Gauge, Histogram, type Metric, Registry } from "prom-client";
import type { AlmaCall, UndocumentedValue } from "../../alma/index.ts";

/**
 * Limits the values of a metric label that callers may choose. The returned function keeps the first `maxValues` values
 * of up to 60 letters, digits and underscores; every other value becomes `other`.
 */
export function createLabelLimit(maxValues: number): (value: string) => string {
  const seen = new Set<string>();
  return (value) => {
    if (seen.has(value)) return value;
    if (seen.size >= maxValues || !/^\w{1,60}$/.test(value)) return "other";
    seen.add(value);
    return value;
  };
}

/** One finished operation. */
export interface OperationMetrics {
  /** As in its document; undefined if it has no name or could not be run. */
  readonly name: string | undefined;
  readonly kind: string | undefined;
  /** `ok`, `partial`, the first error's code, or `CALLER_LEFT`. */
  readonly outcome: string;
  /** The codes of all its errors. */
  readonly codes: readonly string[];
  readonly ms: number;
  readonly calls: number;
}

/** The counters of one gateway. No label contains an id or a caller; operation names are the only text from callers. */
export type Metrics = ReturnType<typeof createMetrics>;

/** The start of all metric names. */
export const METRIC_PREFIX = "alma_gateway_";
const durationBuckets = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/**
 * Milliseconds between two checks of the event loop. With the default of 10, the checks would be half of an idle
 * process's work.
 */
const EVENT_LOOP_MONITORING_PRECISION = 50;

let processMetrics: readonly Metric[] | undefined;

/**
 * Creates prom-client's metrics for the event loop and memory, once per process: prom-client never stops measuring for
 * a registry, so each registry would stay in memory.
 */
function readProcessMetrics() {
  if (processMetrics) return processMetrics;
  const registry = new Registry();
  collectDefaultMetrics({
    register: registry,
    eventLoopMonitoringPrecision: EVENT_LOOP_MONITORING_PRECISION,
  });
  processMetrics = registry.getMetricsAsArray() as unknown as readonly Metric[];
  return processMetrics;
}

/** Creates the counters of one gateway, and the metrics of its process. */
export function createMetrics() {
  const registry = new Registry();
  const registers = [registry];
  const counter = <const L extends string>(name: string, help: string, ...labelNames: L[]) =>
    new Counter({ name: METRIC_PREFIX + name, help, labelNames, registers });
  const histogram = <const L extends string>(
    name: string,
    help: string,
    buckets: number[],
    ...labelNames: L[]
  ) => new Histogram({ name: METRIC_PREFIX + name, help, buckets, labelNames, registers });
  for (const metric of readProcessMetrics()) registry.registerMetric(metric);

  const operations = counter(
    "operations_total",
    "Operations by name (the first 100), kind and outcome.",
    "operation",
    "kind",
    "outcome",
  );
  const operationDurations = histogram(
    "operation_duration_seconds",
    "Time to answer.",
    durationBuckets,
    "operation",
  );
  const operationCalls = histogram(
    "operation_alma_calls",
    "Calls to Alma that an operation cost.",
    [0, 1, 2, 5, 10, 50, 100, 500, 1000],
    "operation",
  );
  const errors = counter("errors_total", "Errors in answers, by code.", "code");
  const responses = counter("http_responses_total", "HTTP answers by route and status.", "route", "status");
  const throttled = counter(
    "throttled_total",
    "Requests throttled by Alma (429) or by this gateway (429, 503).",
    "by",
  );
  const almaCalls = counter(
    "alma_calls_total",
    "Requests sent to Alma, by route and by the answer's status or the failure's code.",
    "route",
    "outcome",
  );
  const almaDurations = histogram(
    "alma_call_duration_seconds",
    "Alma's time to answer.",
    durationBuckets,
    "route",
  );
  const listLosses = counter(
    "list_losses_total",
    "Times that Alma's list lost more than 2 % of a kind at once.",
    "kind",
  );
  const undocumentedFields = counter(
    "unknown_fields_total",
    "Undocumented fields in Alma's records.",
    "kind",
    "field",
  );
  const undocumentedValues = counter(
    "unknown_values_total",
    "Undocumented values in Alma's vocabularies.",
    "kind",
    "field",
    "value",
  );
  const cacheLookups = counter(
    "kept_answers_total",
    "Lookups of cached answers: served, missed, outdated, or not served for now (suspended); and evicted answers.",
    "outcome",
  );
  const forwarded = counter(
    "handed_on_total",
    "Requests forwarded to the leader: answered, no-leader in time, lost after a possible write (unknown), or late.",
    "outcome",
  );
  const writes = counter("writes_total", "Writes by mutation and outcome.", "mutation", "outcome");
  const secretReads = counter("secret_reads_total", "Reads of a record's secrets.");

  const operationLabel = createLabelLimit(100);
  const codeLabel = createLabelLimit(50);
  const fieldLabel = createLabelLimit(100);
  const valueLabel = createLabelLimit(100);

  return {
    registry,
    counter,
    /** Adds a gauge that is read at each scrape. */
    gauge: (name: string, help: string, read: () => number) =>
      new Gauge({
        name: METRIC_PREFIX + name,
        help,
        registers,
        collect() {
          this.set(read());
        },
      }),
    recordOperation({ name, kind = "none", outcome, codes, ms, calls }: OperationMetrics) {
      const operation = name === undefined ? "anonymous" : operationLabel(name);
      operations.inc({ operation, kind, outcome: codeLabel(outcome) });
      operationDurations.observe({ operation }, ms / 1000);
      operationCalls.observe({ operation }, calls);
      for (const errorCode of codes) errors.inc({ code: codeLabel(errorCode) });
    },
    recordResponse(
      { url, config }: { readonly url?: string | undefined; readonly config: FastifyContextConfig },
      status: number,
    ) {
      responses.inc({ route: url ?? "other", status });
      if (config.countsThrottled && (status === 429 || status === 503)) throttled.inc({ by: "gateway" });
    },
    /** Counts an unexpected error that ended a request outside GraphQL. */
    recordUnexpectedError: () => errors.inc({ code: "INTERNAL_SERVER_ERROR" }),
    recordCacheLookup: (outcome: "served" | "missed" | "outdated" | "suspended" | "evicted") =>
      cacheLookups.inc({ outcome }),
    recordForwarded: (outcome: "answered" | "no-leader" | "unknown" | "late") => forwarded.inc({ outcome }),
    recordWrite: (mutation: string, outcome: string) => writes.inc({ mutation, outcome }),
    recordSecretRead: () => secretReads.inc(),
    /** Callbacks for the Alma client. */
    alma: {
      onCall({ route, status, errorCode, ms }: AlmaCall) {
        almaCalls.inc({ route, outcome: status ?? errorCode ?? "none" });
        almaDurations.observe({ route }, ms / 1000);
        if (status === 429) throttled.inc({ by: "alma" });
      },
      onListLoss: (kind: string) => listLosses.inc({ kind }),
      onUndocumented({ kind, field, value }: UndocumentedValue) {
        if (value === undefined) undocumentedFields.inc({ kind, field: fieldLabel(field) });
        else undocumentedValues.inc({ kind, field, value: valueLabel(value.replaceAll(/\W+/g, "_")) });
      },
    },
  };
}
