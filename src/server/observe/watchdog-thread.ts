import { appendFileSync, writeSync } from "node:fs";
import { workerData } from "node:worker_threads";
import { endedLine } from "./ended-requests.ts";
import type { WatchedLoop } from "./watchdog.ts";

// The thread that `startWatchdog` starts. It counts its own ticks: time goes on while the process is stopped.

/** In so many ticks, an event loop that stands still does not turn. */
const TICKS = 10;

const { turns, length, text, limit, file } = workerData as WatchedLoop;
let lastTurn = 0;
let ticks = 0;

setInterval(() => {
  const turn = Atomics.load(turns, 0);
  const isDebugged = Atomics.load(turns, 1) === 1;
  ticks = turn === lastTurn && !isDebugged ? ticks + 1 : 0;
  lastTurn = turn;
  if (ticks === TICKS) end();
}, limit / TICKS);

function end(): void {
  const [name = "", ...operation] = Buffer.from(text).toString("utf8", 0, length[0]).split(" ");
  const line = {
    level: "fatal",
    time: new Date().toISOString(),
    operation: operation.join(" "),
    seconds: limit / 1000,
    msg: "the event loop stands still, so the process ends (WATCHDOG); `operation` was worked on last",
  };
  try {
    if (file !== undefined) appendFileSync(file, endedLine(name), { mode: 0o600 });
    writeSync(1, `${JSON.stringify(line)}\n`);
  } finally {
    // The exit of a thread leaves the process alive.
    process.kill(process.pid, "SIGKILL");
  }
}
