import { parseArgs } from 'node:util';
import { err, ok, type Result } from 'neverthrow';

/** Iterations of a report. */
export const DEFAULT_ITERATION_COUNT = 7;

const MAX_ITERATION_COUNT = 1000;

/** What a run was asked for. */
export interface RunOptions {
  /** 1 to 1000. Default: 7. */
  readonly iterationCount: number;
  /** Names of the benchmarks to run, in the order of the list. Default: all. */
  readonly names: readonly string[];
}

interface RunOptionsInput {
  /** The command line without program and file. */
  readonly args: readonly string[];
  /** Value of ITERATIONS; `--iterations` comes before it. */
  readonly iterations: string | undefined;
  /** The names of all benchmarks. */
  readonly knownNames: readonly string[];
}

/** Reads `[--iterations N] [--only NAME]...`. Error: one sentence that names what is wrong. Pure. */
export const parseRunOptions = ({
  args,
  iterations,
  knownNames,
}: RunOptionsInput): Result<RunOptions, string> =>
  parseFlags(args).andThen((flags) => {
    const text = flags.iterations ?? (iterations || String(DEFAULT_ITERATION_COUNT));
    const iterationCount = Number(text);
    if (!Number.isInteger(iterationCount) || iterationCount < 1 || iterationCount > MAX_ITERATION_COUNT) {
      return err(`expected iterations to be an integer from 1 to ${MAX_ITERATION_COUNT}, got "${text}"`);
    }
    const unknown = flags.only.find((name) => !knownNames.includes(name));
    if (unknown !== undefined) {
      return err(`expected --only to be one of ${knownNames.join(', ')}, got "${unknown}"`);
    }
    const names =
      flags.only.length === 0 ? knownNames : knownNames.filter((name) => flags.only.includes(name));
    return ok({ iterationCount, names });
  });

interface Flags {
  readonly iterations: string | undefined;
  readonly only: readonly string[];
}

const parseFlags = (args: readonly string[]): Result<Flags, string> => {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: { iterations: { type: 'string' }, only: { type: 'string', multiple: true } },
    });
    return ok({ iterations: values.iterations, only: values.only ?? [] });
  } catch (error) {
    return err(error instanceof Error ? error.message : String(error));
  }
};
