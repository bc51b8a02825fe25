import { AlmaError } from "../../alma/index.ts";
import type { AdmittedRequest } from "../observe/admitted-request.ts";
import { createFairSlots } from "./fair-slots.ts";
import { UnreadBytes } from "./unread-bytes.ts";

/** An operation that asks for a larger page is a report; so is each below /reports. */
export const reportPageSize = 200;
/** An operation that has used more milliseconds of CPU is a report. */
export const reportCpu = 50;

/** How many reports may wait in line, for each slot. */
const waitingPerSlot = 8;
/** Seconds. */
const retryAfter = 5;

/** How an operation becomes a report, and leaves its answer to its reader. */
export interface ReportAdmission {
  /**
   * Gives the operation's place back, and resolves when it has a slot of reports, at once if it has one already, or
   * when it is stopped. Rejects with OVERLOADED if the line is too long.
   */
  becomeReport(): Promise<void>;
  /**
   * Counts the bytes of the computed answer among those that wait for their readers. Returns OVERLOADED if there is no
   * room.
   */
  holdAnswer(bytes: number): AlmaError | undefined;
}

/** The reports that run at once (MAX_REPORTS), and those that wait for that. They take no places of operations. */
export interface Reports {
  readonly running: number;
  readonly waiting: number;
  /** Bytes of computed answers that wait for their readers. */
  readonly unreadBytes: number;
  /** `leavePlace` gives the operation's place back. */
  admission(request: AdmittedRequest, leavePlace: () => void): ReportAdmission;
}

/** `hasSeveralCallers`: whether one caller may have only its quota of the slots, and of the line. */
export function createReports(maxReports: number, hasSeveralCallers: () => boolean): Reports {
  const slots = createFairSlots(maxReports, waitingPerSlot * maxReports, hasSeveralCallers);
  const unread = new UnreadBytes();

  async function enter(request: AdmittedRequest, leavePlace: () => void): Promise<void> {
    const taken = slots.take(request.caller.id, request.signal);
    if (!taken) throw lineTooLong(slots.waiting);
    leavePlace();
    // An operation that is stopped while it waits goes on without a slot, and ends by itself.
    const release = await taken.catch(() => undefined);
    if (release) request.onComputed(release);
  }

  return {
    get running() {
      return slots.taken;
    },
    get waiting() {
      return slots.waiting;
    },
    get unreadBytes() {
      return unread.total;
    },
    admission(request, leavePlace) {
      let entering: Promise<void> | undefined;
      return {
        becomeReport() {
          entering ??= enter(request, leavePlace);
          return entering;
        },
        holdAnswer: (bytes) => (unread.add(request, bytes) ? undefined : tooManyUnread()),
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

function tooManyUnread(): AlmaError {
  const message =
    "Answers that this key was given before still wait to be read, and take as much memory as they may. Read responses to " +
    `their end without pauses, and try again in ${retryAfter} s.`;
  return new AlmaError("OVERLOADED", message, { retryAfter });
}
