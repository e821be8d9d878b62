/** Longer than any process lives between two beats; the beat itself does nothing. */
const BEAT_MS = 2 ** 30;

/**
 * Keeps the process alive until the returned function is called. Host timers do not: a job that only waits for time to pass
 * would otherwise end with its process half-way.
 */
export function holdProcess(): () => void {
  const beat = setInterval(() => {}, BEAT_MS);
  return () => clearInterval(beat);
}
