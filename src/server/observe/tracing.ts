import type { Span } from "@opentelemetry/api";
import type { FastifyRequest } from "fastify";
import type { Trace } from "../../alma/index.ts";
import type { OperationMetrics } from "./metrics.ts";

/** An operation whose response is ready. */
type TracedOperation = Omit<OperationMetrics, "codes" | "ms">;

/** Runs an operation in a span of its own. */
export type InSpan = <R>(request: Pick<FastifyRequest, "headers">, run: () => Promise<R>) => Promise<R>;

/** One span for each operation and one for each HTTP request to Alma. */
export interface Tracing {
  readonly traceAlmaCall: Trace;
  /** The parent of the span is the caller's if the request has a traceparent. */
  readonly inSpan: InSpan;
  /** Sets the name and the outcome of the active span, which is an operation's. */
  describeOperation(operation: TracedOperation): void;
}

/**
 * Traces through `@opentelemetry/api`, which is imported only here and only when this is called. The SDK that the
 * operator loads exports the spans; without one they are no-ops. Spans have routes, names and counts, never an id, a
 * variable or a message.
 */
export async function loadTracing(): Promise<Tracing> {
  const { context, propagation, SpanKind, SpanStatusCode, trace } = await import("@opentelemetry/api");
  const tracer = trace.getTracer("alma-gateway");
  const markFailed = (span: Span, code: string) => {
    span.setAttribute("error.type", code);
    span.setStatus({ code: SpanStatusCode.ERROR });
  };
  const describeOperation = ({ name, kind, outcome, calls }: TracedOperation): void => {
    const span = trace.getActiveSpan();
    if (!span?.isRecording()) return;
    if (kind) span.updateName(name ? `${kind} ${name}` : kind);
    if (kind) span.setAttribute("graphql.operation.type", kind);
    if (name) span.setAttribute("graphql.operation.name", name);
    span.setAttributes({ "alma_gateway.outcome": outcome, "alma_gateway.calls": calls });
    if (outcome !== "ok") markFailed(span, outcome);
  };
  return {
    describeOperation,
    traceAlmaCall: (route, send) => {
      const [method = "", template = ""] = route.split(" ");
      const attributes = { "http.request.method": method, "url.template": template };
      return tracer.startActiveSpan(route, { kind: SpanKind.CLIENT, attributes }, async (span) => {
        // Baggage is not sent on: it is the caller's, and Alma is a third party.
        const carrier: Record<string, string> = {};
        propagation.inject(context.active(), carrier);
        const sent = Object.entries(carrier).filter(
          ([name, value]) => value && /^trace(parent|state)$/.test(name),
        );
        try {
          const response = await send(Object.fromEntries(sent));
          span.setAttribute("http.response.status_code", response.status);
          if (response.status >= 500) markFailed(span, String(response.status));
          return response;
        } catch (error) {
          markFailed(span, String((error as { readonly code?: unknown }).code ?? "ABORTED"));
          throw error;
        } finally {
          span.end();
        }
      });
    },
    inSpan: (request, run) => {
      // The parent is the span of an instrumented HTTP server if there is one, else the caller's.
      const hasActiveSpan = trace.getActiveSpan() !== undefined;
      const parent = hasActiveSpan
        ? context.active()
        : propagation.extract(context.active(), request.headers);
      const kind = hasActiveSpan ? SpanKind.INTERNAL : SpanKind.SERVER;
      return tracer.startActiveSpan("graphql", { kind }, parent, async (span) => {
        try {
          return await run();
        } finally {
          span.end();
        }
      });
    },
  };
}
