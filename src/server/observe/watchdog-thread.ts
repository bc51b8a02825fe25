import { writeSync } from "node:fs";
import { workerData } from "node:worker_threads";
import { type EndedNotes, nameOf } from "./ended-requests.ts";
import type { WatchedLoop } from "./watchdog.ts";

// The thread started by `startWatchdog`. It counts its own ticks, since the clock advances even while the process is
// suspended.

/** The interval of the checks in milliseconds. */
const TICK = 100;
/** The number of ticks without a turn of the event loop after which a note is left. */
const TICKS_UNTIL_NOTE = 5;
/** The growth of the process, in bytes, without a turn of the event loop after which a note is left. */
const GROWTH_UNTIL_NOTE = 64 * 2 ** 20;

const { turns, length, text, limit, notes: place } = workerData as WatchedLoop;
let lastTurn = 0;
let ticks = 0;
let bytesBefore = 0;
let isNoted = false;
let notes: EndedNotes | undefined;

setInterval(() => {
  const turn = Atomics.load(turns, 0);
  const isDebugged = Atomics.load(turns, 1) === 1;
  const isBlocked = turn === lastTurn && !isDebugged;
  const bytes = process.memoryUsage.rss();
  lastTurn = turn;
  ticks = isBlocked ? ticks + 1 : 0;
  if (!isBlocked) bytesBefore = bytes;
  const isDangerous = ticks >= TICKS_UNTIL_NOTE || bytes - bytesBefore > GROWTH_UNTIL_NOTE;
  if (notes && isDangerous !== isNoted) {
    isNoted = isDangerous;
    if (isNoted) notes.note(nameOf(workedOn().asked));
    else notes.clear();
  }
  if (limit > 0 && ticks >= limit / TICK) end();
}, TICK);

if (place) notes = (await import(place.program)).openNotes(place.data);

/** Returns the latest operation, as `admitRequest` describes it. */
function workedOn() {
  const [operation = "", ...asked] = Buffer.from(text).toString("utf8", 0, length[0]).split("\n");
  return { operation: `${operation}, caller ${asked[0]}`, asked: asked.join("\n") };
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
    // Exiting a thread would leave the process running.
    process.kill(process.pid, "SIGKILL");
  }
}
