import { createBunClient } from './__fixtures__/bunClient';
import { testConcurrentTransactions, testWithinTransaction } from './__fixtures__/testWithinTransaction';

testWithinTransaction('Bun.SQL', 'postgres', createBunClient);
testConcurrentTransactions('Bun.SQL', createBunClient);
