/** Folder for prepared outputs of a sink port, under the job's state directory. */
export function sinkScratch(stateDirectory: string, port: string): string {
  return `${stateDirectory}/sinks/${encodeURIComponent(port)}`;
}
