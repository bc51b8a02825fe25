import { setImmediate } from "node:timers";

/**
 * How long, in milliseconds, all operations together may block other work of the process per turn of the event loop.
 * Between turns, sockets are served and timers fire.
 */
export const TURN_LENGTH = 10;
const NEGLIGIBLE_TIME = 1;

/**
 * Work that waits for a turn. The owner served longest ago goes first, then the operation that has used the least CPU
 * time, so that lookups overtake reports. Work of several owners counts for each of them, which a FairQueue, with one
 * owner per value and no rank among values, cannot express.
 */
interface Waiter {
  readonly owners: readonly string[];
  readonly cpuUsed: number;
  readonly resume: () => void;
}

const waiters: Waiter[] = [];
/** The number of each owner's last turn, while anything waits. */
const lastTurns = new Map<string, number>();
let turns = 0;
let notifyTurnEnd = () => {};
let spent = 0;
let isEndScheduled = false;

/** Returns the milliseconds used by operations in this turn. */
export const spentInTurn = (): number => spent;

/**
 * Counts work in this turn. Less than `NEGLIGIBLE_TIME` may count in later turns, too: noticing the end of a turn costs
 * another iteration of the event loop.
 */
export function spendInTurn(ms: number): void {
  spent += ms;
  if (spent >= NEGLIGIBLE_TIME) scheduleEnd();
}

/** Resolves in a later turn, before any other waiter is resumed in it. */
export function nextTurn(owners: readonly string[], cpuUsed: number): Promise<void> {
  scheduleEnd();
  return new Promise((resume) => waiters.push({ owners, cpuUsed, resume }));
}

/** Sets the callback for the end of each turn with more than a little work. */
export function onEndOfTurn(callback: () => void): void {
  notifyTurnEnd = callback;
}

function scheduleEnd() {
  if (isEndScheduled) return;
  isEndScheduled = true;
  setImmediate(endTurn);
}

function endTurn() {
  isEndScheduled = false;
  notifyTurnEnd();
  spent = 0;
  if (waiters.length === 0) {
    lastTurns.clear();
    return;
  }
  // Schedules one per turn: an immediate scheduled by another one runs only after sockets were polled.
  const lastTurnOf = ({ owners }: Waiter) => Math.min(...owners.map((owner) => lastTurns.get(owner) ?? 0));
  const next = waiters.reduce((first, waiter) => {
    const wait = lastTurnOf(waiter) - lastTurnOf(first);
    return wait < 0 || (wait === 0 && waiter.cpuUsed < first.cpuUsed) ? waiter : first;
  });
  waiters.splice(waiters.indexOf(next), 1);
  turns += 1;
  for (const owner of next.owners) lastTurns.set(owner, turns);
  next.resume();
  if (waiters.length > 0) scheduleEnd();
}
