/** Folder under a job's state directory that holds a folder for each sink port. */
export function sinksDirectory(stateDirectory: string): string {
  return `${stateDirectory}/sinks`;
}

/** Folder for prepared outputs of a sink port. */
export function sinkScratch(stateDirectory: string, port: string): string {
  return `${sinksDirectory(stateDirectory)}/${encodeURIComponent(port)}`;
}
