import { writeSync } from "node:fs";
import { workerData } from "node:worker_threads";
import type { EndedNotes } from "./ended-requests.ts";
import type { WatchedLoop } from "./watchdog.ts";

// The thread started by `startWatchdog`. It counts its own ticks, since time goes on while the process is
// stopped.

/** Milliseconds. */
const TICK = 100;
/**
 * The ticks without a turn of the event loop after which a note is left, because the process may run out of
 * memory at any moment.
 */
const TICKS_UNTIL_NOTE = 5;

const { turns, length, text, limit, notes: place } = workerData as WatchedLoop;
let lastTurn = 0;
let ticks = 0;
let notes: EndedNotes | undefined;

setInterval(() => {
  const turn = Atomics.load(turns, 0);
  const isDebugged = Atomics.load(turns, 1) === 1;
  const isStill = turn === lastTurn && !isDebugged;
  if (!isStill && ticks >= TICKS_UNTIL_NOTE) notes?.clear();
  ticks = isStill ? ticks + 1 : 0;
  lastTurn = turn;
  if (ticks === TICKS_UNTIL_NOTE) notes?.note(workedOn().name);
  if (ticks >= limit / TICK) end();
}, TICK);

if (place) notes = (await import(place.program)).openNotes(place.data);

function workedOn() {
  const [name = "", ...operation] = Buffer.from(text).toString("utf8", 0, length[0]).split(" ");
  return { name, operation: operation.join(" ") };
}

function end(): void {
  const line = {
    level: "fatal",
    time: new Date().toISOString(),
    operation: workedOn().operation,
    seconds: limit / 1000,
    msg: "the event loop stands still, so the process ends (WATCHDOG); `operation` was worked on last",
  };
  try {
    writeSync(1, `${JSON.stringify(line)}\n`);
  } finally {
    // The exit of a thread leaves the process alive.
    process.kill(process.pid, "SIGKILL");
  }
}
