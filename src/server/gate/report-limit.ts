import { AlmaError } from "../../alma/index.ts";
import type { OperationHooks } from "../../graph/index.ts";
import { reportCpu, reportPageSize } from "../admission/reports.ts";
import { createErrorBody } from "../http/error-response.ts";
import { largestPageSize, type OperationAnalyzer } from "../scope/operation-analysis.ts";
import type { ServerContext } from "./server-context.ts";

/**
 * Lets reports wait for their turn. An operation that asks for a large page waits before it is executed; a query that
 * comes to use much CPU waits when it lets others have their turn. A mutation waits for nothing once it has begun.
 * These hooks belong before those that execute operations.
 */
export function reportLimitHooks(analyzer: OperationAnalyzer): OperationHooks<ServerContext> {
  return {
    async responseForOperation({ document, operation, request, response, contextValue }) {
      if (!operation) return null;
      const { admission, admittedRequest, isReport } = contextValue;
      const { meter } = admittedRequest;
      const isQuery = operation.operation === "query";
      const hasUsedMuch = () => isQuery && meter.cpuUsed > reportCpu;
      // V8 takes a function that is assigned to a property where it is written for a long-lived one, which would
      // keep all of the request until the next collection of everything.
      const beforeTurn = () => (hasUsedMuch() ? admission.becomeReport() : undefined);
      meter.beforeTurn = beforeTurn;
      const pageSize = largestPageSize(analyzer.analyze(document, operation), request.variables ?? {});
      if (!isReport && pageSize <= reportPageSize && !hasUsedMuch()) return null;
      try {
        await admission.becomeReport();
        return null;
      } catch (error) {
        if (!(error instanceof AlmaError)) throw error;
        response.http.status = 503;
        response.http.headers.set("retry-after", String(error.retryAfter));
        const singleResult = createErrorBody(error.code, error.message);
        return { http: response.http, body: { kind: "single", singleResult } };
      }
    },
  };
}
