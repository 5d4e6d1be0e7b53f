import { describeRecovery } from './__fixtures__/describeRecovery';
import { describeRecoveryRefusals } from './__fixtures__/describeRecoveryRefusals';
import { describeRecoveryTimes } from './__fixtures__/describeRecoveryTimes';

describeRecovery('sqlite');
describeRecoveryRefusals('sqlite');
describeRecoveryTimes('sqlite');
