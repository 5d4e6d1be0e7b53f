import { describe } from 'bun:test';
import { createContractSetup } from './contract/ContractSetup';
import { deduplicationContract } from './contract/deduplicationContract';
import { failureContract } from './contract/failureContract';
import { handleContract } from './contract/handleContract';
import { handlerContract } from './contract/handlerContract';
import { refusalContract } from './contract/refusalContract';
import { runningContract } from './contract/runningContract';
import { type CreateSchedulerWorld } from './SchedulerWorld';

/**
 * What every scheduler, with the worker behind it, does. Run on the real one and on that of the testing kit, so that they
 * cannot drift apart.
 */
export const taskSchedulerContract = (name: string, createWorld: CreateSchedulerWorld): void => {
  const setup = createContractSetup(createWorld);
  describe(name, () => {
    runningContract(setup);
    failureContract(setup);
    deduplicationContract(setup);
    handleContract(setup);
    handlerContract(setup);
    refusalContract(setup);
  });
};
