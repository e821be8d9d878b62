/** The one function we use of the optional package, which ships no types. */
declare module "fs-native-extensions" {
  /** Takes an exclusive lock on the whole file without waiting; false if another open file holds it. */
  export function tryLock(fd: number): boolean;
}
