import { AlmaError } from "../../alma/index.ts";
import type { ResolvedOperation } from "../../graph/index.ts";
import type { AdmittedRequest } from "../observe/admitted-request.ts";
import type { ReportAdmission, ServerContext } from "../observe/server-context.ts";
import { largestPageSize, type OperationAnalyzer } from "../scope/operation-analysis.ts";
import { createFairSlots } from "./fair-slots.ts";
import { UnreadBytes } from "./quota.ts";

/** An operation that asks for a larger page is a report; so is each below /reports. */
const reportPageSize = 200;
/** An operation that has used more milliseconds of CPU is a report. */
const reportCpu = 50;

/** How many reports may wait in line, for each slot. */
const waitingPerSlot = 8;
/** Seconds. */
const retryAfter = 5;

/**
 * The reports that run at once (MAX_REPORTS), and those that wait for that. They take no places of operations.
 * `hasSeveralCallers`: whether one caller may have only its quota of the slots, and of the line.
 */
export function createReports(maxReports: number, hasSeveralCallers: () => boolean) {
  const slots = createFairSlots(maxReports, waitingPerSlot * maxReports, hasSeveralCallers);
  const unread = new UnreadBytes();
  /** What holds a slot, for all operations that it asks for: they would wait for each other. */
  const holders = new WeakSet<object>();

  async function enter(request: AdmittedRequest, asking: object, leavePlace: () => void): Promise<void> {
    const taken = slots.take(request.caller.id, request.signal);
    if (!taken) throw lineTooLong(slots.waiting);
    leavePlace();
    // An operation that is stopped while it waits goes on without a slot, and ends by itself.
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
    /** Bytes of computed answers that wait for their readers. */
    get unreadBytes() {
      return unread.total;
    },
    /** `asking`: the request, which may ask for several operations. `leavePlace` gives its place back. */
    admission(request: AdmittedRequest, asking: object, leavePlace: () => void): ReportAdmission {
      let entering: Promise<void> | undefined;
      return {
        becomeReport() {
          entering ??= holders.has(asking) ? Promise.resolve() : enter(request, asking, leavePlace);
          return entering;
        },
        holdAnswer: (bytes) => (unread.add(request, bytes) ? undefined : tooManyUnread()),
      };
    },
  };
}

export type Reports = ReturnType<typeof createReports>;

/**
 * A step: lets reports wait for their turn. An operation that asks for a large page, or of another catalog, waits
 * before it is executed; a query that comes to use much CPU waits when it lets others have their turn. A mutation waits
 * for nothing once it has begun. Throws OVERLOADED if too many wait.
 */
export function waitForTurn(
  { document, operation, request, contextValue }: ResolvedOperation<ServerContext>,
  { analyzer }: { readonly analyzer: OperationAnalyzer },
): Promise<void> | undefined {
  const { admission, admittedRequest, table } = contextValue;
  if (table?.checksOnly) return undefined;
  const { meter } = admittedRequest;
  const isQuery = operation.operation === "query";
  const hasUsedMuch = () => isQuery && meter.cpuUsed > reportCpu;
  // V8 takes a function that is assigned to a property where it is written for a long-lived one, which would keep all
  // of the request until the next collection of everything.
  const beforeTurn = () => (hasUsedMuch() ? admission.becomeReport() : undefined);
  meter.beforeTurn = beforeTurn;
  const pageSize = largestPageSize(analyzer.analyze(document, operation), request.variables ?? {});
  const isReport = table?.isReport || contextValue.otherCatalog || pageSize > reportPageSize || hasUsedMuch();
  return isReport ? admission.becomeReport() : undefined;
}

function lineTooLong(waiting: number): AlmaError {
  const message =
    `The gateway is busy with reports (MAX_REPORTS), and ${waiting} more wait in line. A report is one below /reports, asks for a page of more than ` +
    `${reportPageSize} records, or has used ${reportCpu} ms of CPU. Try again in ${retryAfter} s, or ask for less at once.`;
  return new AlmaError("OVERLOADED", message, { retryAfter });
}

function tooManyUnread(): AlmaError {
  const message =
    "Answers that this key was given before still wait to be read, and take as much memory as they may. Read responses to " +
    `their end without pauses, and try again in ${retryAfter} s.`;
  return new AlmaError("OVERLOADED", message, { retryAfter });
}
