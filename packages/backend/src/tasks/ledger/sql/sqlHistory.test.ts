import { describeHistory } from '../__fixtures__/describeHistory';
import { describeHistoryList } from '../__fixtures__/describeHistoryList';
import { describeSweep } from '../__fixtures__/describeSweep';

describeHistory('sqlite');
describeHistoryList('sqlite');
describeSweep('sqlite');
