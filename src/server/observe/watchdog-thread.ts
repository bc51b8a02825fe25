import { writeSync } from "node:fs";
import { workerData } from "node:worker_threads";
import { type FatalRequestNotes, nameOfRequest } from "./fatal-requests.ts";
import type { WatchedLoop } from "./watchdog.ts";

// The thread started by `startWatchdog`. It counts its own ticks, since the clock advances even while the process is
// suspended.

/** The interval of the checks in milliseconds. */
const TICK = 100;
/** The number of ticks without a turn of the event loop after which a note is left. */
const TICKS_UNTIL_NOTE = 5;
/** The part of the heap limit in use above which a note is left. A healthy process collects garbage before. */
const FULL = 0.8;

const { turns, length, text, limit, heapLimit, notes: storage } = workerData as WatchedLoop;
let lastTurn = 0;
let ticks = 0;
let bytesBefore = 0;
let noted = "";
let notes: FatalRequestNotes | undefined;

setInterval(() => {
  const turn = Atomics.load(turns, 0);
  const isDebugged = Atomics.load(turns, 1) === 1;
  const isBlocked = turn === lastTurn && !isDebugged;
  const bytes = process.memoryUsage.rss();
  lastTurn = turn;
  ticks = isBlocked ? ticks + 1 : 0;
  if (!isBlocked) bytesBefore = bytes;
  const heapUsed = Atomics.load(turns, 2) * 2 ** 20 + bytes - bytesBefore;
  const isDangerous = ticks >= TICKS_UNTIL_NOTE || heapUsed > FULL * heapLimit;
  const { requestKey } = readOperation();
  const name = isDangerous && requestKey ? nameOfRequest(requestKey) : "";
  if (notes && name !== noted) {
    if (noted) notes.clear();
    if (name) notes.note(name);
    noted = name;
  }
  if (limit > 0 && ticks >= limit / TICK) end();
}, TICK);

if (storage) notes = (await import(storage.program)).openNotes(storage.data);

/** Returns the current operation, as `admitRequest` describes it; empty texts without one. */
function readOperation() {
  const [operation = "", ...keyLines] = Buffer.from(text).toString("utf8", 0, length[0]).split("\n");
  return {
    operation: operation && `${operation}, caller ${keyLines[0]}`,
    requestKey: keyLines.join("\n"),
  };
}

function end() {
  const line = {
    level: "fatal",
    time: new Date().toISOString(),
    operation: readOperation().operation,
    seconds: limit / 1000,
    msg: "the event loop is blocked, so the process ends (WATCHDOG) during `operation`",
  };
  try {
    writeSync(1, `${JSON.stringify(line)}\n`);
  } finally {
    // Exiting a thread would leave the process running.
    process.kill(process.pid, "SIGKILL");
  }
}
