import { describeLockedStop } from './__fixtures__/describeLockedStop';

describeLockedStop('postgres');
