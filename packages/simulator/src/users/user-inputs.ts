import { Entropy } from "../random.ts";
import type { RecordInputs } from "../explore/scenario.ts";

/** Records of a source port: one split's, several splits', or a function of seeded randomness that makes either. */
export type UserInput =
  | readonly unknown[]
  | readonly (readonly unknown[])[]
  | ((random: () => number) => readonly unknown[] | readonly (readonly unknown[])[]);

/** Records by source port. */
export type UserInputs = Readonly<Record<string, UserInput>>;

/** The inputs that a number stands for; the same number, the same inputs. */
export function inputsOf(inputs: UserInputs, seed: number): RecordInputs {
  const entropy = new Entropy({ seed });
  return Object.fromEntries(
    Object.entries(inputs).map(([port, input]) => {
      const choices = entropy.choices(`input ${port}`);
      const random = (): number => choices.integer(2 ** 30) / 2 ** 30;
      return [port, splitsOf(typeof input === "function" ? input(random) : input)];
    }),
  );
}

/** Records in a list of their own are one split. */
function splitsOf(records: readonly unknown[] | readonly (readonly unknown[])[]): readonly (readonly unknown[])[] {
  const isSplit = records.length > 0 && records.every((each) => Array.isArray(each));
  return isSplit ? (records as readonly (readonly unknown[])[]) : [records];
}
