import { describeRelay } from './__fixtures__/describeRelay';

describeRelay('postgres');
