import { describeScriptEnd } from './__fixtures__/describeScriptEnd';

describeScriptEnd('postgres');
