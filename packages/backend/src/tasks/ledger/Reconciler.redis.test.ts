import { describeReconciler } from './__fixtures__/describeReconciler';
import { describeReconcilerTroubles } from './__fixtures__/describeReconcilerTroubles';

describeReconciler('sqlite');
describeReconcilerTroubles('sqlite');
