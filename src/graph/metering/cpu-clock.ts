import { coreWait } from "./core-wait.ts";

/** Milliseconds to which work is measured: asking the system for the CPU of the process costs more than most work. */
const RESOLUTION = 1;
/** Milliseconds for which the start of work may rest on an earlier reading. */
const MAX_READING_AGE = 20;

/** The CPU that the process had used at some time, and for how long this thread had waited; in milliseconds. */
interface CpuReading {
  readonly at: number;
  readonly cpu: number;
  readonly waited: number;
}

/** The start of work: its time, and the CPU then or a little before. */
export interface CpuStart {
  readonly at: number;
  readonly reading: CpuReading;
}

let lastReading: CpuReading = { at: Number.POSITIVE_INFINITY, cpu: 0, waited: 0 };

function readCpu(at: number) {
  const { user, system } = process.cpuUsage();
  lastReading = { at, cpu: (user + system) / 1000, waited: coreWait.read() };
  return lastReading;
}

/** Begins to measure work. */
export function startCpu(): CpuStart {
  const at = performance.now();
  const isRecent = lastReading.at <= at && at < lastReading.at + MAX_READING_AGE;
  return { at, reading: isRecent ? lastReading : readCpu(at) };
}

/**
 * Milliseconds of CPU since the start of work, without time in which this thread waited for a core: other threads of
 * the process, which collect garbage and compile, may have used CPU meanwhile. What has been used between the last
 * reading and the start may be counted.
 */
export function cpuSince({ at, reading }: CpuStart): number {
  const now = performance.now();
  const ms = now - at;
  if (ms < RESOLUTION) return ms;
  const { cpu, waited } = readCpu(now);
  // As much as possible of the wait may have been before the start.
  const waitedSince = Math.max(0, waited - reading.waited - (at - reading.at));
  return Math.max(0, Math.min(ms - waitedSince, cpu - reading.cpu));
}
