import { AlmaError } from "../../alma/index.ts";
import type { AdmittedRequest } from "../observe/admitted-request.ts";
import { createFairSlots } from "./fair-slots.ts";

/** An operation that asks for a larger page is a report; so is each below /reports. */
export const reportPageSize = 200;
/** An operation that has used more milliseconds of CPU is a report. */
export const reportCpu = 50;

/** How many reports may wait in line, for each slot. */
const waitingPerSlot = 8;
/** Seconds. */
const retryAfter = 5;

/** How an operation becomes a report. */
export interface ReportAdmission {
  /**
   * Gives the operation's place back, and resolves when it has a slot of reports, at once if it has one already, or
   * when it is stopped. Rejects with OVERLOADED if the line is too long.
   */
  becomeReport(): Promise<void>;
}

/** The reports that run at once (MAX_REPORTS), and those that wait for that. They take no places of operations. */
export interface Reports {
  readonly running: number;
  readonly waiting: number;
  /** `leavePlace` gives the operation's place back. */
  admission(request: AdmittedRequest, leavePlace: () => void): ReportAdmission;
}

/** `hasSeveralCallers`: whether one caller may have only its quota of the slots, and of the line. */
export function createReports(maxReports: number, hasSeveralCallers: () => boolean): Reports {
  const slots = createFairSlots(maxReports, waitingPerSlot * maxReports, hasSeveralCallers);

  async function enter(request: AdmittedRequest, leavePlace: () => void): Promise<void> {
    const taken = slots.take(request.caller.id, request.signal);
    if (!taken) throw lineTooLong(slots.waiting);
    leavePlace();
    // An operation that is stopped while it waits goes on without a slot, and ends by itself.
    const release = await taken.catch(() => undefined);
    if (release) request.onClosed(release);
  }

  return {
    get running() {
      return slots.taken;
    },
    get waiting() {
      return slots.waiting;
    },
    admission(request, leavePlace) {
      let entering: Promise<void> | undefined;
      return {
        becomeReport() {
          entering ??= enter(request, leavePlace);
          return entering;
        },
      };
    },
  };
}

function lineTooLong(waiting: number): AlmaError {
  const message =
    `The gateway is busy with reports (MAX_REPORTS), and ${waiting} more wait in line. A report is one below /reports, asks for a page of more than ` +
    `${reportPageSize} records, or has used ${reportCpu} ms of CPU. Try again in ${retryAfter} s, or ask for less at once.`;
  return new AlmaError("OVERLOADED", message, { retryAfter });
}
