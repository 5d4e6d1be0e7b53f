import { describePlans } from '../__fixtures__/describePlans';

describePlans('sqlite');
