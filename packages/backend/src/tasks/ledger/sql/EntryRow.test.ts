import { describeEntryRow } from '../__fixtures__/describeEntryRow';

describeEntryRow('sqlite');
