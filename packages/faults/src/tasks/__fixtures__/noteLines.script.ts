/** Notes as many lines as its only argument says, as a worker of the bench does. */
import { note } from '../Evidence';

const facts = { call: 1, taskId: 'x'.repeat(300), attempt: 1, correlationId: 'correlation-1' };
for (let index = 0; index < Number(Bun.argv[2]); index += 1) note('effect', `run-${index}`, facts);
