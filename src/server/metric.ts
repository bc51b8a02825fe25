import { Counter, collectDefaultMetrics, Histogram, Registry } from "prom-client";
import type { AlmaCall } from "../alma/index.ts";
import { labels } from "./label.ts";

/** What is counted of one operation. */
export interface OperationCount {
  /** As its document names it; undefined if it has no name, or is none that could be run. */
  readonly name: string | undefined;
  readonly kind: string | undefined;
  /** `ok`, `partial`, or the first error's code. */
  readonly outcome: string;
  /** The codes of all its errors. */
  readonly codes: readonly string[];
  /** Milliseconds. */
  readonly ms: number;
  /** Calls to Alma. */
  readonly calls: number;
}

/**
 * What this process counts. No label holds an id, a caller, or a text that a caller chose beyond an operation's name.
 */
export type Metrics = ReturnType<typeof createMetrics>;

const prefix = "alma_gateway_";
const seconds = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** The counters of one gateway, and its event loop and memory as prom-client shows them. */
export function createMetrics() {
  const registry = new Registry();
  const registers = [registry];
  const counter = <const L extends string>(name: string, help: string, ...labelNames: L[]) =>
    new Counter({ name: prefix + name, help, labelNames, registers });
  const histogram = <const L extends string>(
    name: string,
    help: string,
    buckets: number[],
    ...labelNames: L[]
  ) => new Histogram({ name: prefix + name, help, buckets, labelNames, registers });
  collectDefaultMetrics({ register: registry });

  const operations = counter(
    "operations_total",
    "Operations by name (the first 100), kind and outcome.",
    "operation",
    "kind",
    "outcome",
  );
  const durations = histogram("operation_duration_seconds", "Time to answer.", seconds, "operation");
  const costs = histogram(
    "operation_alma_calls",
    "Calls to Alma that an operation cost.",
    [0, 1, 2, 5, 10, 50, 100, 500, 1000],
    "operation",
  );
  const errors = counter("errors_total", "Errors in answers, by code.", "code");
  const responses = counter("http_responses_total", "HTTP answers by route and status.", "route", "status");
  const throttled = counter(
    "throttled_total",
    "Requests put off: by Alma (429), or by this gateway (429, 503).",
    "by",
  );
  const almaCalls = counter(
    "alma_calls_total",
    "Requests sent to Alma, by route and by the answer's status or the failure's code.",
    "route",
    "outcome",
  );
  const almaTimes = histogram("alma_call_duration_seconds", "Alma's time to answer.", seconds, "route");
  const fields = counter("unknown_fields_total", "Undocumented fields in Alma's records.", "kind", "field");
  const values = counter(
    "unknown_values_total",
    "Words in Alma's vocabularies that its document does not show.",
    "kind",
    "field",
    "value",
  );
  const writes = counter("writes_total", "Writes by mutation and outcome.", "mutation", "outcome");
  const secrets = counter("secret_reads_total", "Records of which a secret was read.");

  const operationName = labels(100);
  const code = labels(50);
  const field = labels(100);
  const value = labels(100);

  return {
    registry,
    operation({ name, kind = "none", outcome, codes, ms, calls }: OperationCount): void {
      const operation = name === undefined ? "anonymous" : operationName(name);
      operations.inc({ operation, kind, outcome: code(outcome) });
      durations.observe({ operation }, ms / 1000);
      costs.observe({ operation }, calls);
      for (const each of codes) errors.inc({ code: code(each) });
    },
    response(route: string | undefined, status: number): void {
      responses.inc({ route: route ?? "other", status });
      const isAsking = route === "/graphql" || route === "/files" || route === "/bitrix/sync";
      if (isAsking && (status === 429 || status === 503)) throttled.inc({ by: "gateway" });
    },
    /** An error that nobody foresaw ended a request before it was an operation, or after. */
    unforeseen(): void {
      errors.inc({ code: "INTERNAL_SERVER_ERROR" });
    },
    write(mutation: string, outcome: string): void {
      writes.inc({ mutation, outcome });
    },
    secret(): void {
      secrets.inc();
    },
    /** What Alma's client reports. */
    alma: {
      onCall({ route, status, errorCode, ms }: AlmaCall): void {
        almaCalls.inc({ route, outcome: status ?? errorCode ?? "none" });
        almaTimes.observe({ route }, ms / 1000);
        if (status === 429) throttled.inc({ by: "alma" });
      },
      onUnknownField(found: { readonly kind: string; readonly field: string }): void {
        fields.inc({ kind: found.kind, field: field(found.field) });
      },
      onUnknownValue(found: { readonly kind: string; readonly field: string; readonly value: string }): void {
        values.inc({
          kind: found.kind,
          field: found.field,
          value: value(found.value.replaceAll(/\W+/g, "_")),
        });
      },
    },
  };
}
