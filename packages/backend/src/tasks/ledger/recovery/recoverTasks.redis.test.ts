import { describeRecovery } from './__fixtures__/describeRecovery';
import { describeRecoveryRefusals } from './__fixtures__/describeRecoveryRefusals';

describeRecovery('sqlite');
describeRecoveryRefusals('sqlite');
