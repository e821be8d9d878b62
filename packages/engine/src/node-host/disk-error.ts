import { TidemarkError } from "../foundation/error.ts";

/** What to do about the failures that people meet; other errnos speak for themselves. */
const ADVICE: Readonly<Record<string, string>> = {
  EACCES: "give this user access to it",
  EPERM: "give this user access to it",
  EROFS: "choose a directory that can be written",
  ENOSPC: "free space on the disk, then start again",
  EDQUOT: "free space within the quota, then start again",
  EMFILE: "raise the limit of open files (ulimit -n)",
  ENFILE: "raise the machine's limit of open files",
  EIO: "the disk failed; check it before going on",
};

/** The errno of a failed call, "unknown" if it has none. */
export function errnoOf(error: unknown): string {
  if (typeof error === "object" && error !== null && "code" in error && typeof error.code === "string")
    return error.code;
  return "unknown";
}

/** The TidemarkError for a failed disk call: TM_NOT_FOUND where the path is absent, TM_IO otherwise. */
export function diskError(error: unknown, doing: string, path: string): TidemarkError {
  if (error instanceof TidemarkError) return error;
  const errno = errnoOf(error);
  if (errno === "ENOENT") {
    return new TidemarkError("TM_NOT_FOUND", `cannot ${doing}: no such file or directory`, {
      cause: error,
      facts: { path, errno },
    });
  }
  const advice = ADVICE[errno];
  const why = error instanceof Error ? error.message : String(error);
  const message = `cannot ${doing}: ${advice ?? why}`;
  return new TidemarkError("TM_IO", message, { cause: error, facts: { path, errno } });
}

/** Runs one disk call and maps its failure. */
export async function diskCall<T>(doing: string, path: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw diskError(error, doing, path);
  }
}
