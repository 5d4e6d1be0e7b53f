import { describeEntryRow } from '../__fixtures__/describeEntryRow';

describeEntryRow('postgres');
