import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { nodeHost } from "@tidemark/engine";
import { hostConformance, type HostUnderTest } from "@tidemark/engine/host";
import { IMAGE_REQUIREMENTS, makeImage, mountImage } from "./loop-image.ts";
import { isPossible } from "./requirements.ts";
import { Scratch } from "./scratch.ts";

test("host conformance: the real host on an ext4 file system of its own", { timeout: 300_000 }, async (t) => {
  if (!isPossible(t, IMAGE_REQUIREMENTS)) return;
  const scratch = await Scratch.open(t);
  const image = join(scratch.folder, "disk.img");
  const mountPoint = join(scratch.folder, "disk");
  await makeImage(image, 32 * 1_024 * 1_024);
  await mkdir(mountPoint);
  const mount = await mountImage(image, mountPoint);
  scratch.atEnd(() => mount.close());
  let directories = 0;
  const open = async (): Promise<HostUnderTest> => {
    const directory = join(mount.seenAs, String(++directories));
    await mkdir(directory);
    return { host: nodeHost(), directory, pass: (ms) => sleep(ms), close: () => rm(directory, { recursive: true }) };
  };
  for (const { name, run } of hostConformance(open)) await t.test(name, run);
});
