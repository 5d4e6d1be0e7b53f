import { type Scenario } from './Scenario';

/**
 * Drops faults one by one as long as the scenario fails without them, and answers with the smallest one that failed.
 * Time decides too what happens in a run, so a fault that is kept was needed once, not always.
 *
 * @param isOver Whether no further run is to be tried.
 */
export const shrinkScenario = async (
  scenario: Scenario,
  fails: (smaller: Scenario) => Promise<boolean>,
  isOver: () => boolean = () => false,
): Promise<Scenario> => {
  let smallest = scenario;
  for (const fault of scenario.faults) {
    if (isOver()) break;
    const smaller = { ...smallest, faults: smallest.faults.filter((kept) => kept !== fault) };
    if (await fails(smaller)) smallest = smaller;
  }
  return smallest;
};
