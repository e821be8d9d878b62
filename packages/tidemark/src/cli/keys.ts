/** What Ctrl-C sends while keys are read one by one. */
export const CONTROL_C = "\u0003";

/** Calls `handle` with each key on a terminal, if there is one; returns how to stop. */
export function onKeys(handle: (key: string) => void): () => void {
  const { stdin } = process;
  if (!stdin.isTTY) return () => undefined;
  const onData = (data: Buffer): void => {
    for (const key of data.toString("utf8")) handle(key);
  };
  stdin.setRawMode(true).resume().on("data", onData);
  return () => {
    stdin.off("data", onData).setRawMode(false).pause();
  };
}
