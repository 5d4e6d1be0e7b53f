import { describeForeignRows } from '../__fixtures__/describeForeignRows';
import { describeHistory } from '../__fixtures__/describeHistory';
import { describeHistoryList } from '../__fixtures__/describeHistoryList';
import { describeSweep } from '../__fixtures__/describeSweep';

describeForeignRows('sqlite');
describeHistory('sqlite');
describeHistoryList('sqlite');
describeSweep('sqlite');
