/** Milliseconds to which work is measured: asking the system for the CPU of the process costs more than most work. */
const RESOLUTION = 1;

/** The CPU that the process had used at some time, both in milliseconds. */
interface CpuReading {
  readonly at: number;
  readonly cpu: number;
}

/** The start of work: its time, and the CPU then or less than RESOLUTION before. */
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
  const isRecent = lastReading.at <= at && at < lastReading.at + RESOLUTION;
  return { at, reading: isRecent ? lastReading : readCpu(at) };
}

/**
 * Milliseconds of CPU since the start of work. Neither the CPU of other threads nor time in which the process did not
 * run is counted, unless it is less than RESOLUTION.
 */
export function cpuSince({ at, reading }: CpuStart): number {
  const now = performance.now();
  const ms = now - at;
  return ms < RESOLUTION ? ms : Math.min(ms, readCpu(now).cpu - reading.cpu);
}
