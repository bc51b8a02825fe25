/** Milliseconds to which work is measured: asking the system for the CPU of the process costs more than most work. */
const RESOLUTION = 1;
/** Milliseconds for which the start of work may rest on an earlier reading. */
const MAX_READING_AGE = 20;

/** The CPU that the process had used at some time, both in milliseconds. */
interface CpuReading {
  readonly at: number;
  readonly cpu: number;
}

/** The start of work: its time, and the CPU then or a little before. */
export interface CpuStart {
  readonly at: number;
  readonly reading: CpuReading;
}

let lastReading: CpuReading = { at: Number.POSITIVE_INFINITY, cpu: 0 };

function readCpu(at: number): CpuReading {
  const { user, system } = process.cpuUsage();
  lastReading = { at, cpu: (user + system) / 1000 };
  return lastReading;
}

/** Begins to measure work. */
export function startCpu(): CpuStart {
  const at = performance.now();
  const isRecent = lastReading.at <= at && at < lastReading.at + MAX_READING_AGE;
  return { at, reading: isRecent ? lastReading : readCpu(at) };
}

/**
 * Milliseconds of CPU since the start of work. Neither the CPU of other threads nor time in which the process did not
 * run is counted, but for what is less than RESOLUTION, or has been used between the last reading and the start.
 */
export function cpuSince({ at, reading }: CpuStart): number {
  const now = performance.now();
  const ms = now - at;
  return ms < RESOLUTION ? ms : Math.min(ms, readCpu(now).cpu - reading.cpu);
}
