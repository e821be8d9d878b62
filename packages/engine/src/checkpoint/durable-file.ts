import type { WritableFile } from "../host/disk.ts";
import type { Host } from "../host/host.ts";

/** Opens, hands the file to `work`, and closes it whatever happens; an error of `work` wins over one of closing. */
export async function withNewFile<T>(host: Host, path: string, work: (file: WritableFile) => Promise<T>): Promise<T> {
  const file = await host.disk.openWrite(path, "create");
  let result: T;
  try {
    result = await work(file);
  } catch (error) {
    // The file is given up: whether it can still be closed no longer matters, only why it was given up.
    await file.close().catch(() => undefined);
    throw error;
  }
  await file.close();
  return result;
}

/** Makes directories inside `directory` and makes their names durable, also those that an earlier process had only made. */
export async function makeInside(host: Host, directory: string, names: readonly string[]): Promise<void> {
  for (const name of names) await host.disk.makeDirectory(`${directory}/${name}`);
  await host.disk.syncDirectory(directory);
}
