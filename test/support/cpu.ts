/**
 * The minimum CPU time of five runs, in milliseconds of this process. Unlike the elapsed time, it does not depend on
 * other load.
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
