import { cancelCases } from './cases/cancelCases';
import { handlerCases } from './cases/handlerCases';
import { ledgerCases } from './cases/ledgerCases';
import { networkCases } from './cases/networkCases';
import { redisCases } from './cases/redisCases';
import { stopCases } from './cases/stopCases';
import { workerCases } from './cases/workerCases';
import { type FaultCase } from './FaultCase';

/** Every fault of the bench, one case for each. */
export const faultCases: readonly FaultCase[] = [
  ...workerCases,
  ...stopCases,
  ...redisCases,
  ...networkCases,
  ...handlerCases,
  ...cancelCases,
  ...ledgerCases,
];
