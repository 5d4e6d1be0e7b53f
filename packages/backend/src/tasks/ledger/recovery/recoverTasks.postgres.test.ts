import { describeRecovery } from './__fixtures__/describeRecovery';
import { describeRecoveryRefusals } from './__fixtures__/describeRecoveryRefusals';
import { describeRecoveryTimes } from './__fixtures__/describeRecoveryTimes';

describeRecovery('postgres');
describeRecoveryRefusals('postgres');
describeRecoveryTimes('postgres');
