import { describeLedger } from './__fixtures__/describeLedger';

describeLedger('postgres');
