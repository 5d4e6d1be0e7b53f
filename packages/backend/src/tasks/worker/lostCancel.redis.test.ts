import { describeLostCancel } from './__fixtures__/describeLostCancel';

describeLostCancel('sqlite');
