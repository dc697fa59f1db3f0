/**
 * Milliseconds of processor time that this process has used, all threads together: what else runs
 * on the machine hardly shows in it.
 */
export function processorTime() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
