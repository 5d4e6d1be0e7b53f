/** A process that runs one scenario after the other: what is shared in a process is not shared by two worlds. */
import 'reflect-metadata';
import { makeTrial } from './makeTrial';
import { type TrialRequest } from './Trial';

process.on('message', (request: TrialRequest) => {
  makeTrial(request).then(
    (trial) => process.send?.({ trial }),
    (error: unknown) => process.send?.({ broken: Bun.inspect(error) }),
  );
});
process.on('disconnect', () => process.exit(0));
