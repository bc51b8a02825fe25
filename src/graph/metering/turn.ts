import { setImmediate } from "node:timers";

/**
 * Milliseconds for which all operations together may keep other work of the process waiting: the work of one turn of
 * the event loop. Between two turns, sockets are read and written and timers fire.
 */
export const TURN_LENGTH = 10;

/** What waits for a turn. The one that has used the least CPU goes first, so that lookups overtake reports. */
interface Waiter {
  readonly cpuUsed: number;
  readonly resume: () => void;
}

const waiters: Waiter[] = [];
const endOfTurnCallbacks = new Set<() => void>();
let spent = 0;
let isEndScheduled = false;

/** The milliseconds that operations have used in this turn. */
export const spentInTurn = (): number => spent;

/** Counts work in this turn. */
export function spendInTurn(ms: number): void {
  spent += ms;
  scheduleEnd();
}

/** Resolves in a later turn of the event loop, in which nothing else that waits has been resumed yet. */
export function nextTurn(cpuUsed: number): Promise<void> {
  scheduleEnd();
  return new Promise((resume) => waiters.push({ cpuUsed, resume }));
}

/** Registers a callback for the end of each turn with work in it. */
export const onEndOfTurn = (callback: () => void): void => void endOfTurnCallbacks.add(callback);

function scheduleEnd() {
  if (isEndScheduled) return;
  isEndScheduled = true;
  setImmediate(endTurn);
}

function endTurn() {
  isEndScheduled = false;
  for (const callback of endOfTurnCallbacks) callback();
  spent = 0;
  if (waiters.length === 0) return;
  // One in each turn: an immediate that another one schedules runs only after sockets were polled.
  const next = waiters.reduce((least, waiter) => (waiter.cpuUsed < least.cpuUsed ? waiter : least));
  waiters.splice(waiters.indexOf(next), 1);
  next.resume();
  if (waiters.length > 0) scheduleEnd();
}
