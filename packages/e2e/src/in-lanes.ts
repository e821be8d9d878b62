/**
 * Runs `work` for every item, at most `lanes` at a time. After a failure no item is begun, the signal tells those that run to end early, and
 * the failure is thrown once all of them have ended: nothing goes on behind a test that is over.
 */
export async function inLanes<T>(
  items: readonly T[],
  lanes: number,
  work: (item: T, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const waiting = [...items];
  const failed = new AbortController();
  const failures: unknown[] = [];
  const lane = async (): Promise<void> => {
    while (waiting.length > 0 && !failed.signal.aborted) {
      const [item] = waiting.splice(0, 1) as [T];
      try {
        await work(item, failed.signal);
      } catch (error) {
        failures.push(error);
        failed.abort();
      }
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  if (failures.length > 0) throw failures[0];
}
