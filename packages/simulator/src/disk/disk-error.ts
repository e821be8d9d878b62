import { TidemarkError } from "@tidemark/engine/host";

/** Why a call of the disk fails. */
export type Errno =
  | "EIO"
  | "ENOSPC"
  | "ENOENT"
  | "EEXIST"
  | "EISDIR"
  | "ENOTDIR"
  | "ENOTEMPTY"
  | "EBADF"
  | "EFBIG"
  | "EMFILE"
  | "EROFS";

/** The error of a failed call, as the contract of a disk wants it. */
export function diskError(errno: Errno, doing: string, path: string): TidemarkError {
  const isAbsent = errno === "ENOENT";
  const why = isAbsent ? "no such file or directory" : `the simulated disk says ${errno}`;
  return new TidemarkError(isAbsent ? "TM_NOT_FOUND" : "TM_IO", `cannot ${doing}: ${why}`, { facts: { path, errno } });
}
