import { describeCancel } from '../__fixtures__/describeCancel';
import { describeCancelRequest } from '../__fixtures__/describeCancelRequest';
import { describeCancelTogether } from '../__fixtures__/describeCancelTogether';
import { describeEnd } from '../__fixtures__/describeEnd';
import { describeInsert } from '../__fixtures__/describeInsert';
import { describeTouch } from '../__fixtures__/describeTouch';

describeInsert('sqlite');
describeTouch('sqlite');
describeEnd('sqlite');
describeCancel('sqlite');
describeCancelRequest('sqlite');
describeCancelTogether('sqlite');
