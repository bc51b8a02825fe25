import { openSync, readSync } from "node:fs";
import { isMainThread } from "node:worker_threads";

/** The resolution of measurements in milliseconds. Reading the CPU time of the process costs more than most work. */
const RESOLUTION = 1;
/** The maximum age, in milliseconds, of a reading that a measurement may start from. */
const MAX_READING_AGE = 20;

/** A reading of the CPU time of the process and of the time this thread waited for a core, in milliseconds. */
interface CpuReading {
  readonly at: number;
  readonly cpu: number;
  readonly waited: number;
}

/** The start of work, and a CPU reading taken then or shortly before. */
export interface CpuStart {
  readonly at: number;
  readonly reading: CpuReading;
}

let lastReading: CpuReading = { at: Infinity, cpu: 0, waited: 0 };

function readCpu(at: number) {
  const { user, system } = process.cpuUsage();
  lastReading = { at, cpu: (user + system) / 1000, waited: coreWait.read() };
  return lastReading;
}

/** Returns a reading taken now or shortly before. */
export const recentReading = (now: number): CpuReading =>
  lastReading.at <= now && now < lastReading.at + MAX_READING_AGE ? lastReading : readCpu(now);

/**
 * Returns the milliseconds of CPU time since the start, without time in which this thread waited for a core while other
 * threads (garbage collector, compiler) may have used CPU. May include CPU time between the last reading and the start.
 */
export function cpuSince({ at, reading }: CpuStart, now: number): number {
  const ms = now - at;
  if (ms < RESOLUTION) return ms;
  const { cpu, waited } = readCpu(now);
  // Attribute as much of the wait as possible to the time before the start.
  const waitedSince = Math.max(0, waited - reading.waited - (at - reading.at));
  return Math.max(0, Math.min(ms - waitedSince, cpu - reading.cpu));
}

const buffer = Buffer.alloc(64);
/** Linux's scheduler statistics of the main thread: `RAN WAITED COUNT`, in nanoseconds. Undefined elsewhere. */
const file = openStatistics();

function openStatistics() {
  try {
    return isMainThread ? openSync("/proc/self/schedstat", "r") : undefined;
  } catch {
    return undefined;
  }
}

/** The time for which this thread had to wait for a core. */
export const coreWait = {
  /** Returns the total wait in milliseconds; 0 if the system does not report it. */
  read(): number {
    if (file === undefined) return 0;
    const length = readSync(file, buffer, 0, buffer.length, 0);
    return Number(buffer.toString("latin1", 0, length).split(" ", 2)[1]) / 1e6;
  },
};
