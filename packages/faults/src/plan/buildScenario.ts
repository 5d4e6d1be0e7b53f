import { err, ok, type Result } from 'neverthrow';
import { type FaultCase } from './FaultCase';
import { faultCases } from './faultCases';
import { mixedCase } from './mixedCase';
import { createRandom } from './Random';
import { type Scenario } from './Scenario';

/** Every case, the mixed one last. */
export const allCases: readonly FaultCase[] = [...faultCases, mixedCase];

/** Makes the scenario of a case and a seed: always the same one. */
export const buildScenario = (faultCase: FaultCase, seed: number): Scenario => ({
  name: faultCase.name,
  seed,
  ...faultCase.build(createRandom(seed)),
});

/** Finds a case by its name; the error lists all names. */
export const findCase = (name: string): Result<FaultCase, string> => {
  const found = allCases.find((faultCase) => faultCase.name === name);
  if (found !== undefined) return ok(found);
  return err(`expected one of ${allCases.map((each) => each.name).join(', ')}, got ${JSON.stringify(name)}`);
};
