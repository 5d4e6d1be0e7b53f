import { describeReconciler } from './__fixtures__/describeReconciler';

describeReconciler('sqlite');
