/** A process that schedules what its parent tells it to, until it is killed. Its only argument is a `ContestantSettings`. */
import 'reflect-metadata';
import { type ContestantSettings, type SchedulerAnswer, type SchedulerMessage } from './Contestant';
import { drover } from './drover';

const settings = JSON.parse(Bun.argv[2] ?? '') as ContestantSettings; // written by drover.ts
const producer = drover.openProducer(settings);

process.on('message', async ({ number, call }: SchedulerMessage) => {
  const answer: SchedulerAnswer = { number, acknowledgement: await producer.schedule(call) };
  process.send?.(answer);
});
process.on('disconnect', () => process.exit(0));
process.send?.('ready');
