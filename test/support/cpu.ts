/**
 * The least CPU time of five runs, in milliseconds of this process. Unlike the elapsed time, it does not depend on what
 * else the machine does.
 */
export function cpuOf(work: () => void): number {
  const costs = Array.from({ length: 5 }, () => {
    const before = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  });
  return Math.min(...costs);
}
