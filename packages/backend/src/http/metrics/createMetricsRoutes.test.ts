import { describeMetrics } from './__fixtures__/describeMetrics';

describeMetrics('sqlite');
