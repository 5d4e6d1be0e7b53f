import { testEntryRow } from '../__fixtures__/testEntryRow';

testEntryRow('sqlite');
