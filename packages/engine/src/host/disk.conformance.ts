import { expectEqual, expectError } from "./conformance-case.ts";
import type { Disk } from "./disk.ts";
import type { HostCase } from "./host-under-test.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

async function write(disk: Disk, path: string, content: string): Promise<void> {
  const file = await disk.openWrite(path, "append");
  await file.write(bytes(content));
  await file.sync();
  await file.close();
}

async function expectContent(disk: Disk, path: string, content: string, what: string): Promise<void> {
  expectEqual(new TextDecoder().decode(await disk.readFile(path)), content, what);
}

/** What every disk must do. */
export function diskCases(): readonly HostCase[] {
  return [...fileCases(), ...readCases(), ...nameCases(), ...directoryCases(), ...lockCases()].map(({ name, run }) => ({
    name: `disk: ${name}`,
    run,
  }));
}

function fileCases(): readonly HostCase[] {
  return [
    {
      name: "a created file is empty, and only created if it does not exist",
      async run({ host: { disk }, directory }) {
        const path = `${directory}/f`;
        await (await disk.openWrite(path, "create")).close();
        expectEqual(await disk.stat(path), { kind: "file", sizeBytes: 0 }, "a created file exists and is empty");
        await expectError(disk.openWrite(path, "create"), "TM_IO", "create refuses an existing name", {
          path,
          errno: "EEXIST",
        });
      },
    },
    {
      name: "append makes a file and keeps its content",
      async run({ host: { disk }, directory }) {
        await write(disk, `${directory}/f`, "one ");
        await write(disk, `${directory}/f`, "two");
        await expectContent(disk, `${directory}/f`, "one two", "append goes on at the end");
      },
    },
    {
      name: "writes append in the order of the calls, awaited or not",
      async run({ host: { disk }, directory }) {
        const file = await disk.openWrite(`${directory}/f`, "create");
        const big = "x".repeat(300_000);
        await Promise.all([file.write(bytes(big)), file.write(bytes("")), file.write(bytes("end"))]);
        await file.close();
        await expectContent(disk, `${directory}/f`, `${big}end`, "no write overtakes another");
      },
    },
    {
      name: "after truncate writes append at the new end",
      async run({ host: { disk }, directory }) {
        for (const mode of ["create", "append"] as const) {
          const file = await disk.openWrite(`${directory}/${mode}`, mode);
          await file.write(bytes("0123456789"));
          await file.truncate(4);
          await file.write(bytes("XY"));
          await file.sync();
          await file.close();
          await expectContent(disk, `${directory}/${mode}`, "0123XY", `mode ${mode}`);
        }
      },
    },
    {
      name: "a file that is not closed can be read as far as it was written",
      async run({ host: { disk }, directory }) {
        const file = await disk.openWrite(`${directory}/f`, "create");
        await file.write(bytes("abc"));
        await expectContent(disk, `${directory}/f`, "abc", "written bytes can be read");
        await file.close();
        await expectError(file.write(bytes("d")), "TM_IO", "a closed file takes nothing", { path: `${directory}/f` });
      },
    },
    {
      name: "writing where no directory is fails with TM_NOT_FOUND",
      async run({ host: { disk }, directory }) {
        const path = `${directory}/none/f`;
        await expectError(disk.openWrite(path, "create"), "TM_NOT_FOUND", "create", { path, errno: "ENOENT" });
        await expectError(disk.openWrite(path, "append"), "TM_NOT_FOUND", "append", { path, errno: "ENOENT" });
      },
    },
  ];
}

function readCases(): readonly HostCase[] {
  return [
    {
      name: "read fills the target from an offset as far as the file goes",
      async run({ host: { disk }, directory }) {
        await write(disk, `${directory}/f`, "0123456789");
        const file = await disk.openRead(`${directory}/f`);
        expectEqual(await file.sizeBytes(), 10, "size");
        const target = new Uint8Array(4);
        expectEqual(await file.read(target, 3), 4, "bytes read in the middle");
        expectEqual(target, bytes("3456"), "the bytes of the middle");
        expectEqual(await file.read(target, 8), 2, "bytes read at the end");
        expectEqual(target, bytes("8956"), "the rest of the target is untouched");
        expectEqual(await file.read(target, 10), 0, "nothing at the end");
        expectEqual(await file.read(target, 99), 0, "nothing beyond the end");
        await file.close();
        await expectError(file.read(target, 0), "TM_IO", "a closed file cannot be read");
      },
    },
    {
      name: "a part of a buffer is written and read, not the whole",
      async run({ host: { disk }, directory }) {
        const file = await disk.openWrite(`${directory}/f`, "create");
        await file.write(bytes("--abc--").subarray(2, 5));
        await file.close();
        const buffer = bytes("........");
        const reader = await disk.openRead(`${directory}/f`);
        await reader.read(buffer.subarray(1, 4), 0);
        await reader.close();
        expectEqual(buffer, bytes(".abc...."), "only the given part is touched");
      },
    },
    {
      name: "readFile refuses more than maxBytes",
      async run({ host: { disk }, directory }) {
        await write(disk, `${directory}/f`, "12345");
        expectEqual((await disk.readFile(`${directory}/f`, { maxBytes: 5 })).length, 5, "exactly maxBytes");
        await expectError(disk.readFile(`${directory}/f`, { maxBytes: 4 }), "TM_IO", "one byte more", {
          path: `${directory}/f`,
        });
      },
    },
    {
      name: "what is absent is TM_NOT_FOUND with path and errno",
      async run({ host: { disk }, directory }) {
        const path = `${directory}/none`;
        const facts = { path, errno: "ENOENT" };
        await expectError(disk.openRead(path), "TM_NOT_FOUND", "openRead", facts);
        await expectError(disk.readFile(path), "TM_NOT_FOUND", "readFile", facts);
        await expectError(disk.list(path), "TM_NOT_FOUND", "list", facts);
        await expectError(disk.syncDirectory(path), "TM_NOT_FOUND", "syncDirectory", facts);
        await expectError(disk.rename(path, `${directory}/to`), "TM_NOT_FOUND", "rename", facts);
        await expectError(disk.link(path, `${directory}/to`), "TM_NOT_FOUND", "link", facts);
        expectEqual(await disk.stat(path), null, "stat of an absent name");
      },
    },
    {
      name: "stat below a file is null",
      async run({ host: { disk }, directory }) {
        await write(disk, `${directory}/f`, "x");
        expectEqual(await disk.stat(`${directory}/f/below`), null, "nothing is below a file");
      },
    },
  ];
}

function nameCases(): readonly HostCase[] {
  return [
    {
      name: "link gives a second name, and never takes one that exists",
      async run({ host: { disk }, directory }) {
        await write(disk, `${directory}/a`, "a");
        await write(disk, `${directory}/taken`, "taken");
        expectEqual(await disk.link(`${directory}/a`, `${directory}/b`), true, "a free name");
        expectEqual(await disk.link(`${directory}/a`, `${directory}/taken`), false, "a taken name");
        await expectContent(disk, `${directory}/b`, "a", "the second name");
        await expectContent(disk, `${directory}/taken`, "taken", "the taken name is as it was");
        await disk.remove(`${directory}/a`);
        await expectContent(disk, `${directory}/b`, "a", "the second name outlives the first");
      },
    },
    {
      name: "of many that link to one name at once, one wins",
      async run({ host: { disk }, directory }) {
        const names = ["a", "b", "c", "d", "e"];
        for (const name of names) await write(disk, `${directory}/${name}`, name);
        const won = await Promise.all(names.map((name) => disk.link(`${directory}/${name}`, `${directory}/target`)));
        expectEqual(won.filter((one) => one).length, 1, "number of winners");
        await expectContent(disk, `${directory}/target`, names[won.indexOf(true)] ?? "", "the winner's content");
      },
    },
    {
      name: "rename replaces its target",
      async run({ host: { disk }, directory }) {
        await write(disk, `${directory}/a`, "new");
        await write(disk, `${directory}/b`, "old");
        await disk.rename(`${directory}/a`, `${directory}/b`);
        expectEqual(await disk.list(directory), ["b"], "names after the rename");
        await expectContent(disk, `${directory}/b`, "new", "the target's content");
      },
    },
    {
      name: "remove removes a file, twice is fine, a directory is not removed",
      async run({ host: { disk }, directory }) {
        await write(disk, `${directory}/f`, "x");
        await disk.remove(`${directory}/f`);
        await disk.remove(`${directory}/f`);
        expectEqual(await disk.stat(`${directory}/f`), null, "the file is gone");
        await disk.makeDirectory(`${directory}/d`);
        await expectError(disk.remove(`${directory}/d`), "TM_IO", "a directory is not a file");
      },
    },
    {
      name: "a removed file can still be read by who has it open",
      async run({ host: { disk }, directory }) {
        await write(disk, `${directory}/f`, "still here");
        const file = await disk.openRead(`${directory}/f`);
        await disk.remove(`${directory}/f`);
        const target = new Uint8Array(5);
        expectEqual(await file.read(target, 0), 5, "bytes read after the removal");
        await file.close();
      },
    },
  ];
}

function directoryCases(): readonly HostCase[] {
  return [
    {
      name: "makeDirectory makes parents; existing is fine",
      async run({ host: { disk }, directory }) {
        await disk.makeDirectory(`${directory}/a/b/c`);
        await disk.makeDirectory(`${directory}/a/b/c`);
        expectEqual((await disk.stat(`${directory}/a/b/c`))?.kind, "directory", "kind");
        await disk.syncDirectory(`${directory}/a/b`);
      },
    },
    {
      name: "list is sorted by code unit",
      async run({ host: { disk }, directory }) {
        expectEqual(await disk.list(directory), [], "an empty directory");
        for (const name of ["b", "a", "10", "9", "ä", "Z"]) await write(disk, `${directory}/${name}`, "");
        expectEqual(await disk.list(directory), ["10", "9", "Z", "a", "b", "ä"], "order");
        await expectError(disk.list(`${directory}/a`), "TM_IO", "a file has no names");
        await expectError(disk.syncDirectory(`${directory}/a`), "TM_IO", "a file is not a directory to sync");
      },
    },
    {
      name: "removeTree removes all below; absent is fine",
      async run({ host: { disk }, directory }) {
        await disk.makeDirectory(`${directory}/t/u`);
        await write(disk, `${directory}/t/u/f`, "x");
        await disk.removeTree(`${directory}/t`);
        await disk.removeTree(`${directory}/t`);
        expectEqual(await disk.list(directory), [], "nothing is left");
      },
    },
  ];
}

function lockCases(): readonly HostCase[] {
  return [
    {
      name: "a lock is held once, also within the process, until it is released",
      async run({ host: { disk }, directory }) {
        const path = `${directory}/LOCK`;
        const first = await disk.lock(path);
        expectEqual(first !== null, true, "a free lock is given");
        expectEqual(await disk.lock(path), null, "a held lock is refused");
        expectEqual((await disk.stat(path))?.kind, "file", "the lock file exists");
        const other = await disk.lock(`${directory}/OTHER`);
        expectEqual(other !== null, true, "another path is another lock");
        await first?.release();
        await first?.release();
        const second = await disk.lock(path);
        expectEqual(second !== null, true, "a released lock is given again");
        await first?.release();
        expectEqual(await disk.lock(path), null, "an old owner cannot release a new owner's lock");
        await second?.release();
        await other?.release();
        expectEqual((await disk.stat(path))?.kind, "file", "the lock file is never deleted");
      },
    },
    {
      name: "of many that ask for a lock at once, one gets it",
      async run({ host: { disk }, directory }) {
        const locks = await Promise.all(Array.from({ length: 8 }, () => disk.lock(`${directory}/LOCK`)));
        expectEqual(locks.filter((lock) => lock !== null).length, 1, "number of owners");
        for (const lock of locks) await lock?.release();
      },
    },
    {
      name: "a lock is not lost when its file is read and closed",
      async run({ host: { disk }, directory }) {
        const path = `${directory}/LOCK`;
        const lock = await disk.lock(path);
        await disk.readFile(path);
        expectEqual(await disk.lock(path), null, "still held");
        await lock?.release();
      },
    },
  ];
}
