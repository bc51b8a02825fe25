import { AlmaError } from "../../alma/index.ts";
import type { ResolvedOperation } from "../../graph/index.ts";
import type { AdmittedRequest, RequestLike } from "../observe/admitted-request.ts";
import type { ReportAdmission, ServerContext } from "../observe/server-context.ts";
import { largestPageSize, type OperationAnalyzer } from "../scope/operation-analysis.ts";
import { createFairSlots } from "./fair-slots.ts";
import { UnreadBytes } from "./quota.ts";

/** An operation with a larger page counts as a report, as do all requests below /reports. */
const REPORT_PAGE_SIZE = 200;
/** An operation that has used more CPU than this, in milliseconds, counts as a report. */
const REPORT_CPU = 50;

/** The maximum number of waiting reports for each slot. */
const WAITING_PER_SLOT = 8;
/** The `Retry-After` of refused requests, in seconds. */
const RETRY_AFTER = 5;

/**
 * Limits concurrent reports (MAX_REPORTS) and the queue for them. Reports don't occupy operation slots.
 * `hasSeveralCallers` decides whether each caller is limited to a quota of slots and queue.
 */
export function createReportSlots(maxReports: number, hasSeveralCallers: () => boolean) {
  const slots = createFairSlots(maxReports, WAITING_PER_SLOT * maxReports, hasSeveralCallers);
  const unread = new UnreadBytes();
  /** Requests that hold a slot. All operations of a request share it; otherwise they would wait for each other. */
  const holders = new WeakSet<object>();

  async function enter(request: AdmittedRequest, asking: RequestLike) {
    const taken = slots.take(request.caller.id, request.signal);
    if (!taken)
      throw new AlmaError(
        "OVERLOADED",
        `The gateway is busy with reports, and ${slots.waiting} more are waiting. A report is a request below /reports, for a page of more than ` +
          `${REPORT_PAGE_SIZE} records, or that has used ${REPORT_CPU} ms of CPU. Try again in ${RETRY_AFTER} s, or ask for less at once.`,
        { retryAfter: RETRY_AFTER },
      );
    asking.releaseSlot?.();
    // An operation stopped while waiting continues without a slot and ends by itself.
    const release = await taken.catch(() => undefined);
    if (!release) return;
    holders.add(asking);
    request.onComputed(() => {
      holders.delete(asking);
      release();
    });
  }

  return {
    get running() {
      return slots.taken;
    },
    get waiting() {
      return slots.waiting;
    },
    /** The bytes of computed answers not yet read. */
    get unreadBytes() {
      return unread.total;
    },
    /** `asking`: the request, which may contain several operations. */
    admission(request: AdmittedRequest, asking: RequestLike): ReportAdmission {
      let entering: Promise<void> | undefined;
      return {
        becomeReport() {
          entering ??= holders.has(asking) ? Promise.resolve() : enter(request, asking);
          return entering;
        },
        countUnread(bytes) {
          const release = unread.tryTake(request.caller.id, bytes);
          if (!release)
            return new AlmaError(
              "OVERLOADED",
              "Earlier answers to this key have not been read yet and fill its share of memory. Read responses to " +
                `their end without pauses, and try again in ${RETRY_AFTER} s.`,
              { retryAfter: RETRY_AFTER },
            );
          request.onClosed(release);
          return undefined;
        },
      };
    },
  };
}

export type ReportSlots = ReturnType<typeof createReportSlots>;

/**
 * Step: makes reports wait for a slot. Operations with a large page, or on a past catalog, wait before execution.
 * Queries that turn out to use much CPU wait when they yield. A mutation never waits after it has begun. Throws
 * OVERLOADED if the queue is full.
 */
export function waitForReportSlot(
  { document, operation, request, contextValue }: ResolvedOperation<ServerContext>,
  { analyzer }: { readonly analyzer: OperationAnalyzer },
): Promise<void> | undefined {
  const { admission, admittedRequest, table } = contextValue;
  if (table?.checksOnly) return undefined;
  const { meter } = admittedRequest;
  const isQuery = operation.operation === "query";
  const hasUsedMuch = () => isQuery && meter.cpuUsed > REPORT_CPU;
  // V8 treats a function assigned directly to a property as long-lived, which would retain the whole request until the
  // next full garbage collection.
  const beforeTurn = () => (hasUsedMuch() ? admission.becomeReport() : undefined);
  meter.beforeTurn = beforeTurn;
  const pageSize = largestPageSize(analyzer.analyze(document, operation), request.variables ?? {});
  const isReport =
    table?.isReport || contextValue.options.otherCatalog || pageSize > REPORT_PAGE_SIZE || hasUsedMuch();
  return isReport ? admission.becomeReport() : undefined;
}
