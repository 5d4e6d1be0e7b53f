import { describeRecovery } from './__fixtures__/describeRecovery';

describeRecovery('postgres');
