import { channelCases } from "./channel.conformance.ts";
import { compressionCases } from "./compression.conformance.ts";
import type { ConformanceCase } from "./conformance-case.ts";
import { diskCases } from "./disk.conformance.ts";
import type { HostUnderTest } from "./host-under-test.ts";
import { timerCases } from "./timers.conformance.ts";

/** What every host must do: disk, clock and timers, compression, channels. `open` gives a fresh host per case. */
export function hostConformance(open: () => Promise<HostUnderTest>): readonly ConformanceCase[] {
  const cases = [...diskCases(), ...timerCases(), ...compressionCases(), ...channelCases()];
  return cases.map(({ name, run }) => ({
    name,
    async run() {
      const subject = await open();
      try {
        await run(subject);
      } finally {
        await subject.close();
      }
    },
  }));
}
