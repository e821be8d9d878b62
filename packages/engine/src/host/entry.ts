/** Public entry `@tidemark/engine/host`: the contracts that another host, such as a simulator, implements, and their conformance suite. */
export type { ErrorCode, ErrorKind } from "../foundation/error-codes.ts";
export { TidemarkError, type ErrorFacts } from "../foundation/error.ts";
export type { Json } from "../foundation/json.ts";
export type { Clock, Timers } from "./clock.ts";
export type { Compression, StreamDecoder } from "./compression.ts";
export type { ConformanceCase } from "./conformance-case.ts";
export type { Disk, FileLock, FileStat, ReadableFile, WritableFile } from "./disk.ts";
export { hostConformance } from "./host.conformance.ts";
export type { HostUnderTest } from "./host-under-test.ts";
export { FAILPOINTS, type FailpointName, type Host, type Random } from "./host.ts";
export type {
  ByteRange,
  ObjectFacts,
  ObjectPage,
  ObjectStore,
  ObjectUpload,
  PartReceipt,
  PutCondition,
  PutOutcome,
  StoredObject,
  UploadFacts,
} from "./object-store.ts";
export type { StandardStreams } from "./standard-streams.ts";
export type { MessagePortLike, Thread, Threads, TransferablePort } from "./threads.ts";
