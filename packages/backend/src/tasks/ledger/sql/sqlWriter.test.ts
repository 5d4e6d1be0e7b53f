import { testLedgerWriter } from '../__fixtures__/testLedgerWriter';

testLedgerWriter('sqlite');
