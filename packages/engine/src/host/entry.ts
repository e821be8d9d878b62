/** Public entry `@tidemark/engine/host`: the contracts that another host, such as a simulator, implements. */
export type { Clock, Timers } from "./clock.ts";
export type { Compression, StreamDecoder } from "./compression.ts";
export type { Disk, FileLock, FileStat, ReadableFile, WritableFile } from "./disk.ts";
export { FAILPOINTS, type FailpointName, type Host, type Random } from "./host.ts";
export type { StandardStreams } from "./standard-streams.ts";
export type { MessagePortLike, Thread, Threads, TransferablePort } from "./threads.ts";
export type { Json } from "../foundation/json.ts";
