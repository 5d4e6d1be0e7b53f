import { describeAbsorb } from '../__fixtures__/describeAbsorb';
import { describeOutbox } from '../__fixtures__/describeOutbox';
import { describeUnfinished } from '../__fixtures__/describeUnfinished';

describeOutbox('postgres');
describeUnfinished('postgres');
describeAbsorb('postgres');
