import { onTestFinished, vi } from "vitest";
import { now } from "./clock.ts";

/** Until the end of the test, each reading of the clocks returns `ms` milliseconds more, for elapsed time and CPU. */
export function slowDown(ms: number): void {
  let ahead = 0;
  vi.spyOn(performance, "now").mockImplementation(() => {
    ahead += ms;
    return now() + ahead;
  });
  vi.spyOn(process, "cpuUsage").mockImplementation((since) => ({
    user: ahead * 1000 - (since?.user ?? 0),
    system: 0,
  }));
  onTestFinished(() => void vi.restoreAllMocks());
}
