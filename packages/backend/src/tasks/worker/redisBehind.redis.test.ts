import { describeRedisBehind } from './__fixtures__/describeRedisBehind';

describeRedisBehind('sqlite');
